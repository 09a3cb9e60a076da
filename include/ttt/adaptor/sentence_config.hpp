// How a folder makes one vector of a text: what sentence-transformers writes beside config.json.
#pragma once

#include <string>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/runtime/pooling.hpp>

namespace ttt {

/// Where the folder says nothing: the mean of all rows, brought to unit length.
struct SentenceConfig {
  std::vector<Pooling> pooling{Pooling::mean};  ///< several stand one behind the other in the vector
  bool unit_length = true;
  bool lower_case = false;   ///< texts in lower case first, unless the tokenizer sees to that
  int max_tokens = 0;        ///< of a text, special ones included; 0: only the model's positions bound it
  int width = 0;             ///< of a row, as the folder has it; 0: it does not say
  std::string prompt;        ///< put before every text
  bool says_pooling = false; ///< whether the folder names its pooling: decoders are embedded only then
};

/// Reads, as far as they are there: modules.json and the folders it names (1_Pooling/config.json), sentence_bert_config.json
/// (max_seq_length, do_lower_case), tokenizer_config.json (model_max_length where the former does not say),
/// config_sentence_transformers.json (the default prompt). With a modules.json, vectors are brought to unit length only where
/// it lists Normalize. Errors: sentence_config, sentence_module_unsupported, json_malformed, those of files.
[[nodiscard]] Result<SentenceConfig> read_sentence_config(const std::string& folder);

}  // namespace ttt
