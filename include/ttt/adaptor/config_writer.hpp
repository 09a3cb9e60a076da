// From a spec back to config.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/spec/architecture.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt {

/// What config.json says that is no part of the model's mathematics.
struct ConfigExtras {
  DType dtype = DType::bf16;
  std::optional<int> bos;
  std::vector<int> eos;
  std::optional<int> pad;
};

/// config.json as transformers 4 spelled it (`torch_dtype`, `rope_theta`, `rope_scaling` at top level), which
/// transformers 5 and other converters read too. `spec_from_config` of it gives the spec back (ids of layers
/// as it names them); that is tried before answering. Errors: model_type_unknown; spec_not_expressible when
/// the family's config.json has no words for the spec.
[[nodiscard]] Result<std::string> spec_to_config(const ArchitectureSpec& spec,
                                                 const ConfigExtras& extras = {});

}  // namespace ttt
