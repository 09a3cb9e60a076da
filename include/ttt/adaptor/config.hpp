// From config.json to the model's spec.
#pragma once

#include <string>
#include <vector>

#include <ttt/adaptor/generation_config.hpp>
#include <ttt/io/json.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/spec/architecture.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt {

/// The model that a parsed config.json describes, in transformers 5's spelling or an older one; `file` names
/// it in errors. Fields that are not there mean what transformers' configuration class takes. Errors, all of
/// kind config: model_type_missing (it is never guessed from `architectures`), model_type_unknown,
/// quantized_checkpoint, config_field, config_field_twice, config_fields_disagree, rope_type_unknown,
/// activation_unknown, layer_type_unknown.
[[nodiscard]] Result<ArchitectureSpec> spec_from_config(json::Value config, const std::string& file);

/// What a folder says about its model, weights aside.
struct ModelConfig {
  std::string folder;
  ArchitectureSpec spec;
  NameMap names;
  DType dtype =
      DType::automatic;  ///< `dtype` or `torch_dtype`; automatic if absent (the weights file decides)
  GenerationConfig generation;
};

/// Reads FOLDER/config.json and, if it is there, generation_config.json.
/// Errors: config_missing, and those of spec_from_config, read_generation_config and json::Document::read.
[[nodiscard]] Result<ModelConfig> read_config(const std::string& folder);

}  // namespace ttt
