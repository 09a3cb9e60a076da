// Definitions of crc32c.hpp.
#pragma once

#include <cstring>

#include <ttt/io/crc32c.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

namespace checksums {

struct Table {
  std::uint32_t of[8][256];  // of[n][b]: byte b, n bytes before the end
  Table() noexcept {
    for (std::uint32_t b = 0; b < 256; ++b) {
      std::uint32_t crc = b;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
      of[0][b] = crc;
    }
    for (int n = 1; n < 8; ++n)
      for (std::uint32_t b = 0; b < 256; ++b) of[n][b] = of[n - 1][b] >> 8 ^ of[0][of[n - 1][b] & 255];
  }
};

inline std::uint64_t word_at(const std::byte* p) noexcept {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// `crc` carried on over more bytes; every processor (the words are little-endian).
inline std::uint32_t carried_by_table(std::uint32_t crc, const std::byte* p, std::size_t bytes) noexcept {
  static const Table table;
  for (; bytes >= 8; p += 8, bytes -= 8) {
    const std::uint64_t word = word_at(p) ^ crc;
    crc = 0;
    for (int n = 0; n < 8; ++n) crc ^= table.of[7 - n][word >> (8 * n) & 255];
  }
  for (; bytes > 0; ++p, --bytes) crc = crc >> 8 ^ table.of[0][(crc ^ static_cast<std::uint32_t>(*p)) & 255];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) inline std::uint32_t carried(std::uint32_t crc, const std::byte* p,
                                                               std::size_t bytes) noexcept {
  std::uint64_t wide = crc;
  for (; bytes >= 8; p += 8, bytes -= 8) wide = __builtin_ia32_crc32di(wide, word_at(p));
  crc = static_cast<std::uint32_t>(wide);
  for (; bytes > 0; ++p, --bytes) crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(*p));
  return crc;
}
/// Whole words of four stretches.
__attribute__((target("sse4.2"))) inline void carry_four(std::uint64_t (&crc)[4], const std::byte* p,
                                                         std::size_t stride, std::size_t words) noexcept {
  std::uint64_t a = crc[0], b = crc[1], c = crc[2], d = crc[3];
  for (std::size_t i = 0; i < words; ++i, p += 8) {
    a = __builtin_ia32_crc32di(a, word_at(p));
    b = __builtin_ia32_crc32di(b, word_at(p + stride));
    c = __builtin_ia32_crc32di(c, word_at(p + 2 * stride));
    d = __builtin_ia32_crc32di(d, word_at(p + 3 * stride));
  }
  crc[0] = a, crc[1] = b, crc[2] = c, crc[3] = d;
}
inline bool has_instruction() noexcept { return __builtin_cpu_supports("sse4.2"); }
#else
inline std::uint32_t carried(std::uint32_t crc, const std::byte* p, std::size_t bytes) noexcept {
  return carried_by_table(crc, p, bytes);
}
inline void carry_four(std::uint64_t (&)[4], const std::byte*, std::size_t, std::size_t) noexcept {}
constexpr bool has_instruction() noexcept { return false; }
#endif

}  // namespace checksums

TTT_INLINE std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  using namespace checksums;
  return ~(has_instruction() ? carried(~0u, bytes.data(), bytes.size())
                             : carried_by_table(~0u, bytes.data(), bytes.size()));
}

TTT_INLINE std::uint32_t crc32c_by_table(std::span<const std::byte> bytes) noexcept {
  return ~checksums::carried_by_table(~0u, bytes.data(), bytes.size());
}

TTT_INLINE std::array<std::uint32_t, 4> crc32c_of_four(const std::byte* data, std::size_t bytes) noexcept {
  using namespace checksums;
  std::array<std::uint32_t, 4> out{};
  std::uint64_t crc[4] = {~0u, ~0u, ~0u, ~0u};
  const std::size_t words = has_instruction() ? bytes / 8 : 0;
  carry_four(crc, data, bytes, words);
  for (std::size_t i = 0; i < 4; ++i) {
    const std::byte* const rest = data + i * bytes + words * 8;
    const auto begun = static_cast<std::uint32_t>(crc[i]);
    const std::size_t left = bytes - words * 8;
    out[i] = ~(has_instruction() ? carried(begun, rest, left) : carried_by_table(begun, rest, left));
  }
  return out;
}

}  // namespace ttt
