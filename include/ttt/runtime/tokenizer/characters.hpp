// Classes of characters, as HuggingFace's tokenizers (Rust) understand them.
#pragma once

namespace ttt::tokenizer {

/// Unicode's White_Space.
[[nodiscard]] constexpr bool is_space(char32_t c) noexcept {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// A character of words: letters, marks, decimal and letter numbers, connectors, joiners.
[[nodiscard]] bool is_word(char32_t c) noexcept;

/// A combining mark (categories Mn, Mc, Me).
[[nodiscard]] bool is_mark(char32_t c) noexcept;

/// Unicode's simple lower case.
[[nodiscard]] char32_t lower_of(char32_t c) noexcept;

/// Calls f with each character of the full lower case: İ is the one letter that has two.
void each_lower_of(char32_t c, auto&& f) {
  if (c == 0x130) return f(U'i'), f(char32_t{0x307});
  f(lower_of(c));
}

}  // namespace ttt::tokenizer
