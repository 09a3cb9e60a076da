// FNV-1a: a number that names a text; no proof of what it says.
#pragma once

#include <cstdint>
#include <string_view>

namespace ttt {

inline constexpr std::uint64_t fnv_basis = 0xCBF29CE484222325U;

/// One more octet, or word, behind what was hashed. G. Fowler, L. C. Noll and K.-P. Vo, 64 bits.
[[nodiscard]] constexpr std::uint64_t fnv_with(std::uint64_t hash, std::uint64_t word) noexcept {
  return (hash ^ word) * 0x100000001B3U;
}
[[nodiscard]] constexpr std::uint64_t fnv_of(std::string_view text) noexcept {
  std::uint64_t hash = fnv_basis;
  for (const char c : text) hash = fnv_with(hash, static_cast<unsigned char>(c));
  return hash;
}

}  // namespace ttt
