// Byte-pair encoding.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/pair_table.hpp>
#include <ttt/runtime/tokenizer/subword_model.hpp>

namespace ttt::tokenizer {

/// Starts from the characters of a word and merges the neighbouring pair of lowest rank (leftmost among
/// equals) until no pair has a merge. Long words use a heap, hence O(n log n) for any text. Source: Sennrich
/// et al. 2016; details (unknown characters, byte fallback) as HuggingFace's tokenizers 0.23.
class Bpe final : public SubwordModel {
 public:
  /// Errors: tokenizer_malformed (a merge whose parts or result are not in the vocabulary, bad ids, …),
  /// tokenizer_unsupported (dropout).
  [[nodiscard]] static Result<std::unique_ptr<const SubwordModel>> read(const json::Value& model,
                                                                        const std::string& file);

  TTT_INLINE void tokenize(std::string_view word, std::vector<SubwordToken>& out) const override;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  /// A place in a doubly linked list of symbols.
  struct Symbol {
    std::int32_t id;
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t previous;
    std::uint32_t next;
    std::uint32_t rank;  // of the merge with the next symbol, or kNone
  };

  explicit Bpe(Vocabulary vocabulary) : SubwordModel(std::move(vocabulary)) {}
  [[nodiscard]] Result<void> read_merges(const json::Value& merges, const std::string& file);
  [[nodiscard]] Result<void> add_merge(std::string_view left, std::string_view right, std::uint32_t rank,
                                       const std::string& file);
  void symbols_of(std::string_view word, std::vector<Symbol>& out) const;
  [[nodiscard]] std::int32_t id_of_character(std::string_view character, bool first, bool last) const;
  [[nodiscard]] std::uint32_t rank_of(const Symbol& left, const Symbol& right) const;
  void merge_next(std::vector<Symbol>& symbols, std::uint32_t at) const;
  void merge_by_scanning(std::vector<Symbol>& symbols) const;
  void merge_by_heap(std::vector<Symbol>& symbols) const;

  PairTable merges_;                   // (left id, right id) → (rank, resulting id)
  std::vector<std::int32_t> results_;  // by rank
  std::vector<std::int32_t> low_ids_;  // ids of the characters below U+0800, −1 if none
  std::array<std::int32_t, 256> byte_ids_{};
  std::string prefix_;  // of every character but the first of a word
  std::string suffix_;  // of the last
  std::int32_t unknown_ = -1;
  bool fuse_unknown_ = false;
  bool byte_fallback_ = false;
  bool ignore_merges_ = false;
};

}  // namespace ttt::tokenizer
