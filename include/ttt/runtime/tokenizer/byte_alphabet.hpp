// GPT-2's alphabet: a printable character for each of the 256 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ttt::tokenizer {

/// Bytes that print in Latin-1 stand for themselves, the others for U+0100, U+0101, … in order.
/// Source: bytes_to_unicode of OpenAI's GPT-2 encoder.
class ByteAlphabet {
 public:
  constexpr ByteAlphabet() {
    char32_t next = 0x100;
    for (unsigned b = 0; b < 256; ++b) {
      const bool prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const char32_t c = prints ? b : next++;
      bytes_[c] = static_cast<std::int16_t>(b);
      characters_[b].length = c < 0x80 ? 1 : 2;
      characters_[b].text[0] = static_cast<char>(c < 0x80 ? c : 0xC0 | c >> 6);
      characters_[b].text[1] = static_cast<char>(c < 0x80 ? 0 : 0x80 | (c & 0x3F));
    }
  }

  /// The byte's character in UTF-8.
  [[nodiscard]] constexpr std::string_view character(unsigned char byte) const {
    return {characters_[byte].text, characters_[byte].length};
  }
  /// The byte a character stands for, or −1.
  [[nodiscard]] constexpr int byte(char32_t c) const { return c < bytes_.size() ? bytes_[c] : -1; }

 private:
  struct Character {
    char text[2] = {};
    std::uint8_t length = 0;
  };
  static constexpr std::array<std::int16_t, 0x144> none() {
    std::array<std::int16_t, 0x144> all{};
    for (auto& b : all) b = -1;
    return all;
  }
  std::array<Character, 256> characters_{};
  std::array<std::int16_t, 0x144> bytes_ = none();
};

inline constexpr ByteAlphabet kByteAlphabet;

}  // namespace ttt::tokenizer
