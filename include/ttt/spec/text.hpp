// Text that can be a template argument, and text of fixed capacity inside structural values.
#pragma once

#include <cstddef>
#include <string_view>

namespace ttt {

/// A string literal as a template argument: `TiedTo<"embedding">`.
template <std::size_t N>
struct Text {
  char chars[N]{};
  constexpr Text(const char (&literal)[N]) {  // NOLINT: implicit by design
    for (std::size_t i = 0; i < N; ++i) chars[i] = literal[i];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {chars, N - 1}; }
  constexpr bool operator==(const Text&) const = default;
};

/// A name of at most 31 characters held by value, so that specs stay structural. Longer names are cut.
struct Name {
  char chars[32]{};
  constexpr Name() = default;
  constexpr Name(std::string_view text) {  // NOLINT: implicit by design
    for (std::size_t i = 0; i < text.size() && i < 31; ++i) chars[i] = text[i];
  }
  constexpr Name(const char* text) : Name(std::string_view(text)) {}  // NOLINT: so that {"weight", 1, 64} works
  [[nodiscard]] constexpr std::string_view view() const {
    std::size_t size = 0;
    while (size < 31 && chars[size] != 0) ++size;
    return {chars, size};
  }
  [[nodiscard]] constexpr bool empty() const { return chars[0] == 0; }
  constexpr bool operator==(const Name&) const = default;
};

}  // namespace ttt
