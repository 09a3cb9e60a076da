#pragma once

#include <queue>

#include <ttt/io/linkage.hpp>
#include <ttt/io/utf8.hpp>
#include <ttt/runtime/tokenizer/bpe.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>

namespace ttt::tokenizer {

TTT_INLINE Result<std::unique_ptr<const SubwordModel>> Bpe::read(const json::Value& model,
                                                                 const std::string& file) {
  if (model["dropout"].as_double().value_or(0) != 0) return unsupported("BPE with dropout", file);
  TTT_TRY(Vocabulary vocabulary, Vocabulary::read(model["vocab"], file));
  auto bpe = std::unique_ptr<Bpe>(new Bpe(std::move(vocabulary)));
  const Vocabulary& v = bpe->vocabulary();
  bpe->prefix_ = model["continuing_subword_prefix"].as_string().value_or("");
  bpe->suffix_ = model["end_of_word_suffix"].as_string().value_or("");
  bpe->fuse_unknown_ = model["fuse_unk"].as_bool().value_or(false);
  bpe->byte_fallback_ = model["byte_fallback"].as_bool().value_or(false);
  bpe->ignore_merges_ = model["ignore_merges"].as_bool().value_or(false);
  if (const auto unknown = model["unk_token"].as_string()) {
    bpe->unknown_ = v.id_of(*unknown);
    if (bpe->unknown_ < 0)
      return malformed("model.unk_token", in_quotes(*unknown) + " is not in the vocabulary", file);
  }
  for (unsigned b = 0; b < 256; ++b) {
    static constexpr char hex[] = "0123456789ABCDEF";
    const char name[] = {'<', '0', 'x', hex[b >> 4], hex[b & 15], '>'};
    bpe->byte_ids_[b] = bpe->byte_fallback_ ? v.id_of(std::string_view(name, 6)) : -1;
  }
  bpe->low_ids_.resize(0x800);
  for (char32_t c = 0; c < 0x800; ++c) {
    std::string character;
    append_utf8(character, c);
    bpe->low_ids_[c] = v.id_of(character);
  }
  TTT_CHECK(bpe->read_merges(model["merges"], file));
  return std::unique_ptr<const SubwordModel>(std::move(bpe));
}

TTT_INLINE Result<void> Bpe::read_merges(const json::Value& merges, const std::string& file) {
  if (!merges.is(json::Type::array)) return malformed("model.merges", "it is missing or not an array", file);
  const std::size_t count = merges.size();
  if (count > 8 * static_cast<std::size_t>(Vocabulary::kMaxId)) {
    return malformed("model.merges", "it has " + std::to_string(count) + " merges", file);
  }
  merges_.reserve(count);
  results_.reserve(count);
  for (const auto& [key, merge] : merges) {
    const auto rank = static_cast<std::uint32_t>(results_.size());
    if (const auto text = merge.as_string()) {
      const std::size_t space = text->find(' ');
      if (space == std::string_view::npos || text->find(' ', space + 1) != std::string_view::npos) {
        return malformed("model.merges",
                         "merge " + std::to_string(rank) + ", " + in_quotes(*text) +
                             ", is not two parts with one space between",
                         file);
      }
      TTT_CHECK(add_merge(text->substr(0, space), text->substr(space + 1), rank, file));
      continue;
    }
    auto it = merge.begin();
    const bool pair = merge.is(json::Type::array) && merge.size() == 2;
    const auto left = pair ? (*it).value.as_string() : std::nullopt;
    const auto right = pair ? (*++it).value.as_string() : std::nullopt;
    if (!left || !right) {
      return malformed("model.merges", "merge " + std::to_string(rank) + " is no pair of strings", file);
    }
    TTT_CHECK(add_merge(*left, *right, rank, file));
  }
  return {};
}

TTT_INLINE Result<void> Bpe::add_merge(std::string_view left, std::string_view right, std::uint32_t rank,
                                       const std::string& file) {
  const auto wrong = [&](std::string issue) {
    return malformed("model.merges",
                     "merge " + std::to_string(rank) + " of " + in_quotes(left) + " and " + in_quotes(right) +
                         ": " + std::move(issue),
                     file);
  };
  // The result is longer than either part, so merging always ends.
  if (left.empty() || right.size() <= prefix_.size()) return wrong("a part is empty");
  const std::int32_t l = vocabulary().id_of(left);
  const std::int32_t r = vocabulary().id_of(right);
  if (l < 0 || r < 0) return wrong("a part is not in the vocabulary");
  std::string both(left);
  both += right.substr(prefix_.size());
  // Most files list the results in order of their ids: trying the last result and its successor saves the
  // search.
  std::int32_t id = results_.empty() ? 0 : results_.back();
  if (vocabulary().token_of(id) != both && vocabulary().token_of(++id) != both) id = vocabulary().id_of(both);
  if (id < 0) return wrong("the result is not in the vocabulary");
  merges_.set(PairTable::key_of(static_cast<std::uint32_t>(l), static_cast<std::uint32_t>(r)), rank,
              static_cast<std::uint32_t>(id));
  results_.push_back(id);
  return {};
}

TTT_INLINE std::int32_t Bpe::id_of_character(std::string_view character, bool first, bool last) const {
  const bool decorated = (!first && !prefix_.empty()) || (last && !suffix_.empty());
  if (!decorated) {
    return character.size() <= 2 ? low_ids_[code_point_at(character, 0)] : vocabulary().id_of(character);
  }
  std::string text = first ? std::string() : prefix_;
  text += character;
  if (last) text += suffix_;
  return vocabulary().id_of(text);
}

TTT_INLINE void Bpe::symbols_of(std::string_view word, std::vector<Symbol>& out) const {
  std::uint32_t unknown_begin = 0;
  std::uint32_t unknown_end = 0;  // an unknown stretch is pending while it is not empty
  const auto add = [&](std::int32_t id, std::uint32_t begin, std::uint32_t end) {
    out.push_back({id, begin, end, kNone, kNone, kNone});
  };
  const auto flush = [&] {
    if (unknown_end > unknown_begin) add(unknown_, unknown_begin, unknown_end);
    unknown_begin = unknown_end = 0;
  };
  for (std::size_t i = 0; i < word.size();) {
    const std::size_t n = utf8_length(word[i]);
    const auto begin = static_cast<std::uint32_t>(i);
    const auto end = static_cast<std::uint32_t>(i + n);
    const std::string_view character = word.substr(i, n);
    i += n;
    const std::int32_t id = id_of_character(character, begin == 0, end == word.size());
    if (id >= 0) {
      flush();
      add(id, begin, end);
      continue;
    }
    bool all_bytes = byte_fallback_;
    for (const char c : character) all_bytes = all_bytes && byte_ids_[static_cast<unsigned char>(c)] >= 0;
    if (all_bytes) {
      for (std::uint32_t k = 0; k < n; ++k) {
        add(byte_ids_[static_cast<unsigned char>(character[k])], begin + k, begin + k + 1);
      }
    } else if (unknown_ >= 0) {
      if (!fuse_unknown_) flush();
      if (unknown_end == unknown_begin) unknown_begin = begin;
      unknown_end = end;
    }  // without an unknown token such characters vanish
  }
  flush();
}

TTT_INLINE std::uint32_t Bpe::rank_of(const Symbol& left, const Symbol& right) const {
  const auto* slot = merges_.find(
      PairTable::key_of(static_cast<std::uint32_t>(left.id), static_cast<std::uint32_t>(right.id)));
  return slot == nullptr ? kNone : slot->first;
}

/// Joins symbol `at` with the next and renews the ranks on both sides.
TTT_INLINE void Bpe::merge_next(std::vector<Symbol>& symbols, std::uint32_t at) const {
  Symbol& left = symbols[at];
  Symbol& right = symbols[left.next];
  left.id = results_[left.rank];
  left.end = right.end;
  left.next = right.next;
  right.id = -1;
  right.rank = kNone;
  if (left.next != kNone) symbols[left.next].previous = at;
  left.rank = left.next == kNone ? kNone : rank_of(left, symbols[left.next]);
  if (left.previous != kNone) symbols[left.previous].rank = rank_of(symbols[left.previous], left);
}

/// For short words: looking at all pairs is faster than keeping them in order.
TTT_INLINE void Bpe::merge_by_scanning(std::vector<Symbol>& symbols) const {
  while (true) {
    std::uint32_t best = kNone;
    std::uint32_t at = 0;
    for (std::uint32_t i = 0; i != kNone; i = symbols[i].next) {
      if (symbols[i].rank < best) {
        best = symbols[i].rank;
        at = i;
      }
    }
    if (best == kNone) return;
    merge_next(symbols, at);
  }
}

TTT_INLINE void Bpe::merge_by_heap(std::vector<Symbol>& symbols) const {
  // Rank above, place below: the least key is the pair to merge. A key whose rank is no longer its place's is
  // stale.
  std::vector<std::uint64_t> keys;
  keys.reserve(symbols.size());
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    if (symbols[i].rank != kNone) keys.push_back(PairTable::key_of(symbols[i].rank, i));
  }
  std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> heap(std::greater<>{},
                                                                                      std::move(keys));
  while (!heap.empty()) {
    const std::uint64_t key = heap.top();
    heap.pop();
    const auto at = static_cast<std::uint32_t>(key);
    if (symbols[at].rank != static_cast<std::uint32_t>(key >> 32)) continue;
    merge_next(symbols, at);
    if (symbols[at].rank != kNone) heap.push(PairTable::key_of(symbols[at].rank, at));
    const std::uint32_t previous = symbols[at].previous;
    if (previous != kNone && symbols[previous].rank != kNone) {
      heap.push(PairTable::key_of(symbols[previous].rank, previous));
    }
  }
}

TTT_INLINE void Bpe::tokenize(std::string_view word, std::vector<SubwordToken>& out) const {
  if (word.empty()) return;
  if (ignore_merges_) {
    if (const std::int32_t id = vocabulary().id_of(word); id >= 0) {
      out.push_back({id, 0, static_cast<std::uint32_t>(word.size())});
      return;
    }
  }
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  symbols_of(word, symbols);
  const auto count = static_cast<std::uint32_t>(symbols.size());
  if (count == 0) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    symbols[i].previous = i == 0 ? kNone : i - 1;
    symbols[i].next = i + 1 == count ? kNone : i + 1;
    if (i + 1 < count) symbols[i].rank = rank_of(symbols[i], symbols[i + 1]);
  }
  count <= 48 ? merge_by_scanning(symbols) : merge_by_heap(symbols);
  for (std::uint32_t i = 0; i != kNone; i = symbols[i].next) {
    out.push_back({symbols[i].id, symbols[i].begin, symbols[i].end});
  }
}

}  // namespace ttt::tokenizer
