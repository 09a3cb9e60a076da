// Hashing for the tokeniser's tables.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace ttt::tokenizer {

/// Differs from run to run, so that no file can be made whose entries all collide. Tables never leak their
/// order, hence results do not depend on it.
[[nodiscard]] std::uint64_t hash_seed() noexcept;

[[nodiscard]] inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

[[nodiscard]] inline std::uint64_t hash_of(std::uint64_t key) noexcept {
  return mixed(key ^ hash_seed(), 0x9E3779B97F4A7C15ULL ^ (hash_seed() << 1));
}

[[nodiscard]] inline std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t h = hash_seed() ^ text.size();
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    h = mixed(h ^ word, 0x9E3779B97F4A7C15ULL);
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  return mixed(h ^ word, 0xD6E8FEB86659FD93ULL ^ hash_seed());
}

}  // namespace ttt::tokenizer
