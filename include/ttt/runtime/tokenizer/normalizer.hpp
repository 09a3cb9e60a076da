// Changes to the text before it is cut into words.
#pragma once

#include <string>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/tokenizer/aligned_text.hpp>
#include <ttt/runtime/tokenizer/normal_form.hpp>
#include <ttt/runtime/tokenizer/pattern.hpp>

namespace ttt::tokenizer {

/// The `normalizer` of tokenizer.json; sequences are flattened. Known: NFC, NFD, NFKC, NFKD, Lowercase,
/// Strip, StripAccents, Prepend, Replace, BertNormalizer, Sequence.
class Normalizer {
 public:
  /// Null: no change. Errors: tokenizer_unsupported (by name), tokenizer_malformed.
  [[nodiscard]] static Result<Normalizer> read(const json::Value& value, const std::string& file);

  /// Errors: tokenizer_limit.
  [[nodiscard]] Result<AlignedText> apply(AlignedText text) const;
  [[nodiscard]] bool changes_nothing() const { return steps_.empty(); }

 private:
  enum class Kind {
    form,
    lowercase,
    strip,
    strip_accents,
    prepend,
    replace,
    bert_clean,
    bert_ideographs,
    bert_accents
  };
  struct Step {
    Kind kind = Kind::form;
    NormalForm form = NormalForm::nfc;
    Pattern pattern;
    std::string content;
    bool left = false;
    bool right = false;
  };
  [[nodiscard]] Result<void> add(const json::Value& value, const std::string& file, int depth);
  void add_bert(const json::Value& value);
  static void append(Kind kind, char32_t c, Origin origin, AlignedText& out);
  [[nodiscard]] static Result<AlignedText> apply(const Step& step, AlignedText text);
  std::vector<Step> steps_;
};

}  // namespace ttt::tokenizer
