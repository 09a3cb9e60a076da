// UTF-8: the shape of one sequence, and text made well-formed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ttt {

/// What a text starts with. `valid`: a well-formed sequence of `bytes` (1 to 4) bytes. Otherwise `bytes` (1
/// to 3) is the longest prefix that could have begun one — what a single U+FFFD replaces.
struct Utf8Sequence {
  std::size_t bytes = 1;
  bool valid = true;
};

/// Requires: text not empty. Source: table 3-7 of the Unicode standard and its "maximal subpart" practice.
[[nodiscard]] constexpr Utf8Sequence utf8_sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // Only the second byte's range depends on the lead: no overlong forms, no surrogates, nothing past
  // U+10FFFF.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return {1, false};
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return {i, false};
  }
  return {length, true};
}

/// U+FFFD in UTF-8.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// `text` with every maximal ill-formed part replaced by one U+FFFD.
[[nodiscard]] inline std::string well_formed_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Sequence s = utf8_sequence(text.substr(i));
    out += s.valid ? text.substr(i, s.bytes) : kReplacementCharacter;
    i += s.bytes;
  }
  return out;
}

/// The code point that starts at byte `i`. Requires: `text` well-formed, `i` at a sequence's first byte.
[[nodiscard]] constexpr char32_t code_point_at(std::string_view text, std::size_t i) noexcept {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
  if (byte(0) < 0x80) return byte(0);
  if (byte(0) < 0xE0) return static_cast<char32_t>((byte(0) & 0x1F) << 6 | (byte(1) & 0x3F));
  if (byte(0) < 0xF0) {
    return static_cast<char32_t>((byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
  }
  return static_cast<char32_t>((byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
                               (byte(3) & 0x3F));
}

/// Bytes of the sequence whose first byte is `lead`. Requires: well-formed text.
[[nodiscard]] constexpr std::size_t utf8_length(char lead) noexcept {
  const auto u = static_cast<unsigned char>(lead);
  return u < 0x80 ? 1 : u < 0xE0 ? 2 : u < 0xF0 ? 3 : 4;
}

/// True for the second and later bytes of a sequence.
[[nodiscard]] constexpr bool is_utf8_tail(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Requires: `c` a code point, no surrogate.
inline void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

}  // namespace ttt
