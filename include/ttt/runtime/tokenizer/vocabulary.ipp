#pragma once

#include <algorithm>
#include <bit>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/hash.hpp>
#include <ttt/runtime/tokenizer/malformed.hpp>
#include <ttt/runtime/tokenizer/vocabulary.hpp>

namespace ttt::tokenizer {

TTT_INLINE std::size_t Vocabulary::place(std::string_view token, std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t i = hash & mask;
  while (slots_[i].entry != 0 && (slots_[i].tag != tag || text_of(entries_[slots_[i].entry - 1]) != token)) {
    i = (i + 1) & mask;
  }
  return i;
}

TTT_INLINE Result<Vocabulary> Vocabulary::read(const json::Value& object, const std::string& file) {
  const auto wrong = [&](std::string issue) { return malformed("model.vocab", std::move(issue), file); };
  if (!object.is(json::Type::object)) return wrong("it is missing or not an object");
  const std::size_t count = object.size();
  if (count == 0) return wrong("it is empty");
  if (count > static_cast<std::size_t>(kMaxId) + 1)
    return wrong("it has " + std::to_string(count) + " tokens");
  Vocabulary v;
  v.slots_.resize(std::bit_ceil(count * 2));
  v.entries_.reserve(count);
  std::int64_t most = 0;
  for (const auto& [token, value] : object) {
    const auto id = value.as_int();
    if (!id || *id < 0 || *id > kMaxId) {
      return wrong("the id of " + in_quotes(token) + " is no integer from 0 to " + std::to_string(kMaxId));
    }
    if (token.size() > kMaxTokenBytes) return wrong("token " + in_quotes(token) + " is too long");
    most = std::max(most, *id);
    const std::uint64_t hash = hash_of(token);
    const std::size_t at = v.place(token, hash);
    if (v.slots_[at].entry != 0) {
      v.entries_[v.slots_[at].entry - 1].id = static_cast<std::int32_t>(*id);
      continue;
    }
    if (v.arena_.size() + token.size() > UINT32_MAX) return wrong("its tokens have more than 4 GiB");
    v.entries_.push_back({static_cast<std::uint32_t>(v.arena_.size()),
                          static_cast<std::uint32_t>(token.size()), static_cast<std::int32_t>(*id)});
    v.arena_ += token;
    v.slots_[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(v.entries_.size())};
  }
  v.by_id_.resize(static_cast<std::size_t>(most) + 1);
  for (std::size_t i = 0; i < v.entries_.size(); ++i) {
    std::uint32_t& slot = v.by_id_[static_cast<std::size_t>(v.entries_[i].id)];
    if (slot != 0) {
      return wrong("tokens " + in_quotes(v.text_of(v.entries_[slot - 1])) + " and " +
                   in_quotes(v.text_of(v.entries_[i])) + " share the id " + std::to_string(v.entries_[i].id));
    }
    slot = static_cast<std::uint32_t>(i + 1);
  }
  v.size_ = v.entries_.size();
  return v;
}

TTT_INLINE std::int32_t Vocabulary::id_of(std::string_view token) const noexcept {
  if (slots_.empty()) return -1;
  const Slot slot = slots_[place(token, hash_of(token))];
  return slot.entry == 0 ? -1 : entries_[slot.entry - 1].id;
}

TTT_INLINE std::optional<std::string_view> Vocabulary::token_of(std::int32_t id) const noexcept {
  if (id < 0 || static_cast<std::size_t>(id) >= by_id_.size()) return std::nullopt;
  const std::uint32_t entry = by_id_[static_cast<std::size_t>(id)];
  if (entry == 0) return std::nullopt;
  return text_of(entries_[entry - 1]);
}

}  // namespace ttt::tokenizer
