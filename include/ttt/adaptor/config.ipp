#pragma once

#include <algorithm>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/families.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace reading {

inline constexpr std::size_t largest_config = std::size_t{1} << 24;

inline Error model_type_missing(json::Value config, const std::string& file) {
  const json::Value architectures = config["architectures"];
  std::string there = "there is no model_type";
  std::string add = "add \"model_type\", one of " + family_list();
  if (!config["model_type"].is_null())
    there = "model_type is " + shown(config["model_type"]) + ", and must be a string";
  for (const auto& [key, value] : architectures) {
    if (!value.is(json::Type::string)) break;
    there += "; architectures names " + shown(value) + ", which is not taken for it";
    for (const Family& f : known_families())
      if (value.as_string() == f.architecture)
        add = "if it is that model, add \"model_type\": \"" + std::string(f.model_type) + "\"";
    break;
  }
  return make_error(ErrorKind::config, "model_type_missing", "model_type", there, add, file);
}

inline Error model_type_unknown(json::Value config, std::string_view type, const std::string& file) {
  std::string add = "supported are " + family_list();
  if (const std::string_view near = nearest_family(type); !near.empty())
    add = "the nearest is " + std::string(near) + "; " + add;
  const json::Value inner = config["text_config"]["model_type"];
  if (inner.is(json::Type::string)) add += " (its text_config is of type " + shown(inner) + ")";
  return make_error(ErrorKind::config, "model_type_unknown", "model_type",
                    "model_type " + shown(config["model_type"]) + " is not supported", add, file);
}

inline DType dtype_named(json::Value config) {
  const auto name =
      (config["dtype"].is_null() ? config["torch_dtype"] : config["dtype"]).as_string().value_or("");
  const std::string_view plain = name.starts_with("torch.") ? name.substr(6) : name;
  if (plain == "bfloat16") return DType::bf16;
  if (plain == "float16" || plain == "half") return DType::fp16;
  if (plain == "float32" || plain == "float") return DType::fp32;
  return DType::automatic;
}

/// A name that stands twice in an object, or "". Readers differ on which of the two counts.
inline std::string_view named_twice(json::Value object) {
  std::vector<std::string_view> names;
  for (const auto& [key, value] : object) names.push_back(key);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  return twice == names.end() ? std::string_view() : *twice;
}

}  // namespace reading

TTT_INLINE Result<ArchitectureSpec> spec_from_config(json::Value config, const std::string& file) {
  if (!config.is(json::Type::object))
    return make_error(ErrorKind::config, "config_field", "config.json",
                      "the document is " + shown(config) + ", and must be an object",
                      "use the model's own config.json", file);
  for (const json::Value object : {config, config["rope_scaling"], config["rope_parameters"]})
    if (const std::string_view name = reading::named_twice(object);
        !name.empty() && object.is(json::Type::object))
      return make_error(ErrorKind::config, "config_field_twice", std::string(name),
                        std::string(name) + " stands twice in one object, and readers differ on which counts",
                        "delete one of the two", file);
  const auto type = config["model_type"].as_string();
  if (!type) return reading::model_type_missing(config, file);
  const Family* family = find_family(*type);
  if (family == nullptr) return reading::model_type_unknown(config, *type, file);
  if (const json::Value q = config["quantization_config"]; !q.is_null())
    return make_error(ErrorKind::config, "quantized_checkpoint", "quantization_config",
                      "the checkpoint's weights are quantised (quant_method " + shown(q["quant_method"]) +
                          "), which is not supported",
                      "use the unquantised checkpoint",
                      file);
  std::optional<Error> fault;
  const ConfigReader reader(config, file, fault);
  ArchitectureSpec spec = family->expression(reader);
  if (fault) return *std::move(fault);
  return spec;
}

TTT_INLINE Result<ModelConfig> read_config(const std::string& folder) {
  const std::string path = path_in(folder, "config.json");
  if (!is_regular_file(path))
    return make_error(
        ErrorKind::config, "config_missing", "config.json",
        is_folder(folder) ? "the folder has no config.json" : "there is no such folder",
        "give the folder of a HuggingFace checkpoint: config.json, *.safetensors, tokenizer.json", path);
  TTT_TRY(const json::Document document, json::Document::read(path, reading::largest_config));
  ModelConfig config;
  config.folder = folder;
  TTT_TRY(config.spec, spec_from_config(document.root(), path));
  config.names = names_of(config.spec.model_type);
  config.dtype = reading::dtype_named(document.root());
  TTT_TRY(config.generation, read_generation_config(folder, document));
  return config;
}

}  // namespace ttt
