// Definitions of sentence_config.hpp.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include <ttt/adaptor/sentence_config.hpp>
#include <ttt/io/file.hpp>
#include <ttt/io/in_quotes.hpp>
#include <ttt/io/json.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace sentences {

inline constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

inline Error wrong(std::string field, std::string issue, const std::string& file) {
  return make_error(ErrorKind::config, "sentence_config", std::move(field), std::move(issue),
                    "save the model again with sentence-transformers, or take the file out for its defaults", file);
}

/// A file that need not be there.
inline Result<std::optional<json::Document>> read(const std::string& folder, std::string_view name) {
  const std::string file = path_in(folder, name);
  if (!is_regular_file(file)) return std::optional<json::Document>{};
  TTT_TRY(json::Document document, json::Document::read(file, kMaxBytes));
  return std::optional(std::move(document));
}

inline Result<bool> flag(json::Value object, std::string_view name, bool otherwise, const std::string& file) {
  const json::Value value = object[name];
  if (value.is_null()) return otherwise;
  if (const auto on = value.as_bool()) return *on;
  return wrong(std::string(name), "it is neither true nor false", file);
}

/// A number of tokens or columns; 0 where it is absent or so large that it bounds nothing (transformers writes 1e30).
inline Result<int> count(json::Value object, std::string_view name, const std::string& file) {
  const json::Value value = object[name];
  if (value.is_null()) return 0;
  const auto number = value.as_double();
  if (number && *number >= 2147483648.0) return 0;
  const auto whole = value.as_int();
  if (!whole || *whole < 1) return wrong(std::string(name), "it is no positive integer", file);
  return static_cast<int>(*whole);
}

/// A config of Pooling: `pooling_mode` of today, or a flag for each mode.
inline Result<void> read_pooling(json::Value value, const std::string& file, SentenceConfig& config, bool& includes_prompt) {
  if (!value.is(json::Type::object)) return wrong("pooling", "it is not an object", file);
  config.pooling.clear();
  const auto add = [&](json::Value name) -> Result<void> {
    const auto mode = pooling_named(name.as_string().value_or(""));
    if (!mode)
      return wrong("pooling_mode", in_quotes(name.as_string().value_or("what is no string")) + " is no way of pooling", file);
    if (config.pooling.size() >= 16) return wrong("pooling_mode", "it names more than 16 ways of pooling", file);
    config.pooling.push_back(*mode);
    return {};
  };
  if (const json::Value mode = value["pooling_mode"]; mode.is(json::Type::array)) {
    for (const auto& [key, name] : mode) TTT_CHECK(add(name));
  } else if (!mode.is_null()) {
    TTT_CHECK(add(mode));
  } else {
    static constexpr std::string_view flags[pooling_count] = {
        "pooling_mode_cls_token",           "pooling_mode_max_tokens",          "pooling_mode_mean_tokens",
        "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"};
    for (int i = 0; i < pooling_count; ++i) {
      TTT_TRY(const bool on, flag(value, flags[i], false, file));
      if (on) config.pooling.push_back(static_cast<Pooling>(i));
    }
  }
  if (config.pooling.empty()) config.pooling.push_back(Pooling::mean);
  TTT_TRY(config.width, count(value, "embedding_dimension", file));
  if (config.width == 0) {
    TTT_TRY(config.width, count(value, "word_embedding_dimension", file));
  }
  TTT_TRY(includes_prompt, flag(value, "include_prompt", true, file));
  config.says_pooling = true;
  return {};
}

inline Result<void> read_modules(const std::string& folder, const json::Document& document, SentenceConfig& config,
                                 bool& includes_prompt) {
  const std::string& file = document.file();
  const auto unsupported = [&](std::string issue) {
    return make_error(ErrorKind::config, "sentence_module_unsupported", "modules.json", std::move(issue),
                      "supported are Transformer, Pooling, then Dropout or Normalize; take the rows from `ttt forward` and do the "
                      "rest outside",
                      file);
  };
  if (!document.root().is(json::Type::array)) return wrong("modules.json", "it is not an array", file);
  config.unit_length = false;
  bool transformer = false;
  for (const auto& [key, module] : document.root()) {
    const std::string_view type = module["type"].as_string().value_or("");
    const std::string_view name = type.substr(type.rfind('.') + 1);
    const std::string path(module["path"].as_string().value_or(""));
    if (path.starts_with('/') || path.find("..") != std::string::npos)
      return wrong("path", in_quotes(path) + " lies outside of the folder", file);
    if (name == "Transformer" && !transformer && !config.says_pooling) {
      if (!path.empty() && path != ".") return unsupported("its Transformer lies in a folder of its own, " + in_quotes(path));
      transformer = true;
    } else if (name == "Pooling" && transformer && !config.says_pooling) {
      const std::string pooling_file = path_in(path_in(folder, path), "config.json");
      TTT_TRY(const json::Document pooling, json::Document::read(pooling_file, kMaxBytes));
      TTT_CHECK(read_pooling(pooling.root(), pooling_file, config, includes_prompt));
    } else if (name == "Normalize" && config.says_pooling) {
      config.unit_length = true;
    } else if (name != "Dropout") {  // which does nothing but in training
      return unsupported("module " + in_quotes(type) + " is not supported at its place");
    }
  }
  if (!config.says_pooling) return unsupported("it lists no Pooling");
  return {};
}

/// The text that goes before every other, if the folder has one.
inline Result<void> read_prompt(const json::Document& document, SentenceConfig& config) {
  const json::Value name = document.root()["default_prompt_name"];
  if (name.is_null()) return {};
  const auto prompt = name.as_string() ? document.root()["prompts"][*name.as_string()].as_string() : std::nullopt;
  if (!prompt) return wrong("default_prompt_name", "it names none of the prompts", document.file());
  config.prompt = *prompt;
  return {};
}

}  // namespace sentences

TTT_INLINE Result<SentenceConfig> read_sentence_config(const std::string& folder) {
  SentenceConfig config;
  bool includes_prompt = true;
  TTT_TRY(const auto modules, sentences::read(folder, "modules.json"));
  if (modules) {
    TTT_CHECK(sentences::read_modules(folder, *modules, config, includes_prompt));
  } else {
    TTT_TRY(const auto pooling, sentences::read(path_in(folder, "1_Pooling"), "config.json"));
    if (pooling) TTT_CHECK(sentences::read_pooling(pooling->root(), pooling->file(), config, includes_prompt));
  }
  // The first of the names by which sentence-transformers has written it.
  for (const std::string_view kind : {"bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"}) {
    TTT_TRY(const auto transformer, sentences::read(folder, "sentence_" + std::string(kind) + "_config.json"));
    if (!transformer) continue;
    TTT_TRY(config.max_tokens, sentences::count(transformer->root(), "max_seq_length", transformer->file()));
    TTT_TRY(config.lower_case, sentences::flag(transformer->root(), "do_lower_case", false, transformer->file()));
    break;
  }
  if (config.max_tokens == 0) {
    TTT_TRY(const auto tokenizer, sentences::read(folder, "tokenizer_config.json"));
    if (tokenizer) {
      TTT_TRY(config.max_tokens, sentences::count(tokenizer->root(), "model_max_length", tokenizer->file()));
    }
  }
  TTT_TRY(const auto prompts, sentences::read(folder, "config_sentence_transformers.json"));
  if (prompts) TTT_CHECK(sentences::read_prompt(*prompts, config));
  if (!includes_prompt && !config.prompt.empty())
    return make_error(ErrorKind::config, "sentence_module_unsupported", "include_prompt",
                      "the rows of the prompt are to be left out of the pooling",
                      "take the rows from `ttt forward` and pool those behind the prompt", folder);
  return config;
}

}  // namespace ttt
