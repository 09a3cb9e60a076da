#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/added_tokens.hpp>
#include <ttt/runtime/tokenizer/characters.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>

namespace ttt::tokenizer {

TTT_INLINE void Trie::add(std::string_view text, std::uint32_t value) {
  std::uint32_t node = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint64_t key = PairTable::key_of(node, static_cast<unsigned char>(text[i]));
    const auto* slot = children_.find(key);
    const std::uint32_t child = slot != nullptr ? slot->first : nodes_++;
    const bool last = i + 1 == text.size();
    children_.set(key, child, last ? value : slot != nullptr ? slot->second : kNoValue);
    node = child;
  }
}

TTT_INLINE std::pair<std::size_t, std::uint32_t> Trie::longest(std::string_view text) const {
  std::pair<std::size_t, std::uint32_t> best{0, 0};
  std::uint32_t node = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto* slot = children_.find(PairTable::key_of(node, static_cast<unsigned char>(text[i])));
    if (slot == nullptr) break;
    if (slot->second != kNoValue) best = {i + 1, slot->second};
    node = slot->first;
  }
  return best;
}

TTT_INLINE Result<AddedTokens> AddedTokens::read(const json::Value& array, const Vocabulary& vocabulary,
                                                 const Normalizer& normalizer, const std::string& file) {
  const auto wrong = [&](std::string issue) { return malformed("added_tokens", std::move(issue), file); };
  AddedTokens added;
  if (array.is_null()) return added;
  if (!array.is(json::Type::array)) return wrong("it is not an array");
  if (array.size() > kMaxTokens) return wrong("it has " + std::to_string(array.size()) + " entries");
  auto next_id = static_cast<std::int32_t>(vocabulary.size());
  std::int32_t most_id = -1;
  for (const auto& [key, value] : array) {
    const auto content = value["content"].as_string();
    const auto id = value["id"].as_int();
    if (!content || content->empty()) return wrong("an entry has no content");
    if (content->size() > kMaxBytes)
      return wrong("token " + in_quotes(*content) + " has more than 512 bytes");
    if (!id || *id < 0 || *id > Vocabulary::kMaxId) {
      return wrong("the id of " + in_quotes(*content) + " is no integer from 0 to " +
                   std::to_string(Vocabulary::kMaxId));
    }
    AddedToken token;
    token.content = token.spelling = *content;
    // As HuggingFace numbers them: the vocabulary's id, else the next free one — whatever the file says.
    const std::int32_t known = vocabulary.id_of(*content);
    const AddedToken* before = added.find_content(*content);
    token.id = before != nullptr ? before->id : known >= 0 ? known : next_id;
    most_id = std::max(most_id, token.id);
    next_id = std::max(next_id, most_id + 1);
    token.special = value["special"].as_bool().value_or(false);
    token.normalized = value["normalized"].as_bool().value_or(!token.special);
    token.left_strip = value["lstrip"].as_bool().value_or(false);
    token.right_strip = value["rstrip"].as_bool().value_or(false);
    token.single_word = value["single_word"].as_bool().value_or(false);
    const auto index = static_cast<std::uint32_t>(added.tokens_.size());
    if (before == nullptr && known < 0) ++added.beyond_;
    added.by_id_.set(static_cast<std::uint32_t>(token.id), index, 0);
    added.contents_.add(*content, index);
    if (!token.normalized) {
      added.raw_.add(*content, index);
    } else {
      TTT_TRY(const AlignedText pattern, normalizer.apply(AlignedText(*content, 0, false)));
      if (pattern.size() > 0 && pattern.size() <= 4 * kMaxBytes) added.normalized_.add(pattern.text(), index);
      token.spelling = pattern.text();
    }
    added.tokens_.push_back(std::move(token));
  }
  return added;
}

TTT_INLINE std::vector<TextPart> AddedTokens::find(std::string_view text, bool normalized,
                                                   bool plain_special) const {
  std::vector<TextPart> parts;
  const Trie& trie = normalized ? normalized_ : raw_;
  const auto at_most = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size() && !trie.empty();) {
    const auto [length, index] = trie.longest(text.substr(i));
    if (length == 0) {
      ++i;
      continue;
    }
    std::size_t begin = i;
    std::size_t end = i + length;
    i = end;  // even if the match is dropped below: matches do not overlap
    const AddedToken& token = tokens_[index];
    if (plain_special && token.special) continue;
    if (token.single_word) {
      std::size_t before = begin;
      while (before > 0 && is_utf8_tail(text[--before])) {
      }
      if (begin > 0 && is_word(code_point_at(text, before))) continue;
      if (end < text.size() && is_word(code_point_at(text, end))) continue;
    }
    while (token.left_strip && begin > done) {
      std::size_t before = begin - 1;
      while (before > done && is_utf8_tail(text[before])) --before;
      if (!is_space(code_point_at(text, before))) break;
      begin = before;
    }
    while (token.right_strip && end < text.size() && is_space(code_point_at(text, end)))
      end += utf8_length(text[end]);
    begin = std::max(begin, done);
    if (end <= begin) continue;
    if (begin > done) parts.push_back({{at_most(done), at_most(begin)}, -1});
    parts.push_back({{at_most(begin), at_most(end)}, static_cast<std::int32_t>(index)});
    done = end;
  }
  if (done < text.size()) parts.push_back({{at_most(done), at_most(text.size())}, -1});
  return parts;
}

TTT_INLINE const AddedToken* AddedTokens::find_id(std::int32_t id) const {
  if (id < 0) return nullptr;
  const auto* slot = by_id_.find(static_cast<std::uint32_t>(id));
  return slot == nullptr ? nullptr : &tokens_[slot->first];
}

TTT_INLINE const AddedToken* AddedTokens::find_content(std::string_view content) const {
  const auto [length, index] = contents_.longest(content);
  return length == content.size() && length > 0 ? &tokens_[index] : nullptr;
}

}  // namespace ttt::tokenizer
