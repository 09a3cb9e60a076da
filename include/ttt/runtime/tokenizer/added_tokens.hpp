// Tokens outside the model's vocabulary, found in the text before anything else happens to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/json.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/tokenizer/aligned_text.hpp>
#include <ttt/runtime/tokenizer/normalizer.hpp>
#include <ttt/runtime/tokenizer/pair_table.hpp>
#include <ttt/runtime/tokenizer/vocabulary.hpp>

namespace ttt::tokenizer {

/// One entry of `added_tokens`.
struct AddedToken {
  std::string content;
  std::string
      spelling;  ///< what it decodes to: the content, normalised if it is searched for in normalised text
  std::int32_t id = 0;
  bool special = false;      ///< left out by decode(skip_special_tokens)
  bool normalized = false;   ///< searched for in normalised text, not in the raw
  bool left_strip = false;   ///< takes the white space before it
  bool right_strip = false;  ///< takes the white space after it
  bool single_word = false;  ///< only between non-word characters
};

/// A stretch of text that is one added token (`token` its index), or none (−1).
struct TextPart {
  Span span;
  std::int32_t token = -1;
};

/// Finds the longest of many literals at each place in one walk down a trie.
class Trie {
 public:
  void add(std::string_view text, std::uint32_t value);
  /// The longest entry that `text` starts with: its length (0: none) and value.
  [[nodiscard]] std::pair<std::size_t, std::uint32_t> longest(std::string_view text) const;
  [[nodiscard]] bool empty() const { return nodes_ == 1; }

 private:
  static constexpr std::uint32_t kNoValue = ~std::uint32_t{0};
  PairTable children_;  // (node, byte) → (node, value or kNoValue)
  std::uint32_t nodes_ = 1;
};

/// The `added_tokens` of tokenizer.json.
class AddedTokens {
 public:
  static constexpr std::size_t kMaxTokens = 262'144;
  static constexpr std::size_t kMaxBytes = 512;  ///< of one token; it bounds the search

  /// Ids as HuggingFace gives them: the vocabulary's where it has the content, else the next free one.
  /// Errors: tokenizer_malformed.
  [[nodiscard]] static Result<AddedTokens> read(const json::Value& array, const Vocabulary& vocabulary,
                                                const Normalizer& normalizer, const std::string& file);

  /// Cuts `text` at the tokens with `normalized` as given; with `plain_special`, special tokens are text.
  [[nodiscard]] std::vector<TextPart> find(std::string_view text, bool normalized, bool plain_special) const;

  [[nodiscard]] const AddedToken& operator[](std::int32_t index) const {
    return tokens_[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::size_t size() const { return tokens_.size(); }
  /// nullptr if no added token has the id or content.
  [[nodiscard]] const AddedToken* find_id(std::int32_t id) const;
  [[nodiscard]] const AddedToken* find_content(std::string_view content) const;
  /// Tokens that the vocabulary lacks.
  [[nodiscard]] std::size_t beyond_vocabulary() const { return beyond_; }

 private:
  std::vector<AddedToken> tokens_;
  PairTable by_id_;
  Trie contents_;
  Trie raw_;
  Trie normalized_;
  std::size_t beyond_ = 0;
};

}  // namespace ttt::tokenizer
