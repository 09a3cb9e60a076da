// What is put around the tokens of one text or a pair.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>

namespace ttt::tokenizer {

/// The `post_processor` of tokenizer.json. Known: TemplateProcessing, RobertaProcessing, BertProcessing,
/// ByteLevel (which only trims offsets), Sequence.
class PostProcessor {
 public:
  /// Either one of the texts (0 or 1) or a run of special ids.
  struct Item {
    std::int32_t text = -1;
    std::vector<std::int32_t> ids;
    std::int32_t type_id = 0;
  };
  using Template = std::vector<Item>;

  /// Null: the texts as they are. Errors: tokenizer_unsupported (by name), tokenizer_malformed.
  [[nodiscard]] static Result<PostProcessor> read(const json::Value& value, const std::string& file);

  [[nodiscard]] const Template& single() const { return single_; }
  [[nodiscard]] const Template& pair() const { return pair_; }
  /// Offsets leave out the white space at the ends of tokens …
  [[nodiscard]] bool trims_offsets() const { return trims_; }
  /// … but not the one a pre-tokeniser put before the first.
  [[nodiscard]] bool keeps_first_space() const { return keeps_first_; }

 private:
  [[nodiscard]] Result<void> add(const json::Value& value, const std::string& file, int depth);
  Template single_{{0, {}, 0}};
  Template pair_{{0, {}, 0}, {1, {}, 1}};
  bool templated_ = false;
  bool trims_ = false;
  bool keeps_first_ = false;
};

}  // namespace ttt::tokenizer
