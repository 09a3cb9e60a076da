// WordPiece: BERT's way of cutting words.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/longest_tokens.hpp>
#include <ttt/runtime/tokenizer/subword_model.hpp>

namespace ttt::tokenizer {

/// Takes the longest token that a word begins with, then the longest that goes on (spelled with a prefix,
/// "##"), and so forth; a word that leaves a rest, or has too many characters, is one unknown token as a
/// whole. In time proportional to the word's length, whatever the vocabulary. Source: Devlin et al. 2018; as
/// HuggingFace's tokenizers 0.23.
class WordPiece final : public SubwordModel {
 public:
  static constexpr std::size_t kDefaultMaxCharacters = 100;

  /// continuing_subword_prefix defaults to "##", max_input_chars_per_word to 100. Errors: tokenizer_malformed
  /// (no unk_token, or one that the vocabulary lacks, bad ids, …).
  [[nodiscard]] static Result<std::unique_ptr<const SubwordModel>> read(const json::Value& model,
                                                                        const std::string& file);

  TTT_INLINE void tokenize(std::string_view word, std::vector<SubwordToken>& out) const override;

 private:
  explicit WordPiece(Vocabulary vocabulary) : SubwordModel(std::move(vocabulary)) {}
  LongestTokens tokens_;
  std::size_t max_characters_ = kDefaultMaxCharacters;
  std::int32_t unknown_ = -1;
};

}  // namespace ttt::tokenizer
