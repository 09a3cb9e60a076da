// What turns a word into tokens: BPE or WordPiece; Unigram would be a further implementation of this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/tokenizer/vocabulary.hpp>

namespace ttt::tokenizer {

/// A token and the bytes of the word it stands for.
struct SubwordToken {
  std::int32_t id = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// Immutable; safe from any thread.
class SubwordModel {
 public:
  virtual ~SubwordModel() = default;
  SubwordModel(const SubwordModel&) = delete;
  SubwordModel& operator=(const SubwordModel&) = delete;

  /// Appends the tokens of `word`. Requires: well-formed UTF-8 of fewer than 2^31 bytes.
  virtual void tokenize(std::string_view word, std::vector<SubwordToken>& out) const = 0;
  [[nodiscard]] const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit SubwordModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

 private:
  Vocabulary vocabulary_;
};

/// The `model` member of tokenizer.json. Older files leave out its type; the other members tell it.
/// Errors: tokenizer_unsupported (by name), tokenizer_malformed.
[[nodiscard]] Result<std::unique_ptr<const SubwordModel>> read_subword_model(const json::Value& model,
                                                                             const std::string& file);

}  // namespace ttt::tokenizer
