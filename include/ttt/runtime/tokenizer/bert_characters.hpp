// Classes of characters by which BERT's tokenizers clean and cut text.
#pragma once

namespace ttt::tokenizer {

// HuggingFace's tokenizers asks a fixed, older edition of Unicode (8.0) here, whatever it asks elsewhere, so
// that vocabularies see the same words everywhere. Hence tables instead of the Unicode library's own answers,
// which change with its version. Source: compared with tokenizers 0.23.3 for every code point.

/// What clean_text drops: NUL, U+FFFD, controls, format and private-use characters; not tab, line feed and
/// return.
[[nodiscard]] bool is_bert_control(char32_t c) noexcept;

/// What stands as a word by itself: ASCII's printable signs and Unicode's punctuation.
[[nodiscard]] bool is_bert_punctuation(char32_t c) noexcept;

/// What strip_accents drops: marks without an advance (category Mn).
[[nodiscard]] bool is_bert_accent(char32_t c) noexcept;

/// A Chinese character, which handle_chinese_chars puts between spaces. Source: BERT's tokenization.py, which
/// leaves out kana, hangul and some later ideographs.
[[nodiscard]] constexpr bool is_bert_ideograph(char32_t c) noexcept {
  return (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

}  // namespace ttt::tokenizer
