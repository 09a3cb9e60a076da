// generation_config.json: how the model's makers would have it sampled, and which tokens end a text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <ttt/io/json.hpp>

namespace ttt {

/// Defaults are those of transformers' GenerationConfig.
struct GenerationConfig {
  std::optional<int> bos;
  std::optional<int> pad;
  std::vector<int> eos;  ///< any of them ends the text; empty: nothing does
  bool do_sample = false;
  double temperature = 1;         ///< in [0, 1e4]; 0 is greedy
  int top_k = 50;                 ///< 0: all
  double top_p = 1;               ///< in [0, 1]
  double min_p = 0;               ///< in [0, 1]
  double repetition_penalty = 1;  ///< in (0, 1e3]
  std::optional<int> max_new_tokens;
  std::optional<int> max_length;  ///< prompt included
  bool operator==(const GenerationConfig&) const = default;
};

/// Reads FOLDER/generation_config.json; where it is missing or does not say bos, eos or pad, config.json's
/// count. A pad of -1 (old Llama files) means none. Errors: config_field, and those of json::Document::read.
[[nodiscard]] Result<GenerationConfig> read_generation_config(const std::string& folder,
                                                              const json::Document& config);

/// The same from parsed documents; `generation` may be missing. `file` names the generation config in errors.
[[nodiscard]] Result<GenerationConfig> generation_from(json::Value generation, const std::string& file,
                                                       json::Value config, const std::string& config_file);

}  // namespace ttt
