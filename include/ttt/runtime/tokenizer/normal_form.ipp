#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tokenizer/normal_form.hpp>

namespace ttt::tokenizer {

namespace forms {

struct Character {
  utf8proc_int32_t code = 0;
  utf8proc_propval_t combining_class = 0;
  std::size_t place = 0;     // before sorting
  std::size_t consumed = 1;  // characters that became this one
};

inline utf8proc_propval_t class_of(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class; }

/// The primary composite of two characters, or 0. utf8proc has no function for a pair, but composes a text of
/// two.
inline utf8proc_int32_t composite(utf8proc_int32_t first, utf8proc_int32_t second) {
  utf8proc_int32_t pair[3] = {first, second, 0};
  const auto flags = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  return utf8proc_normalize_utf32(pair, 2, flags) == 1 ? pair[0] : 0;
}

inline void compose(std::vector<Character>& text) {
  std::size_t out = 0;
  std::size_t starter = static_cast<std::size_t>(-1);
  int last_class = -1;  // of what lies between the starter and here; -1: nothing
  for (const Character& c : text) {
    if (starter != static_cast<std::size_t>(-1) && last_class < c.combining_class) {
      if (const auto both = composite(text[starter].code, c.code)) {
        text[starter].code = both;
        text[starter].consumed += c.consumed;
        continue;
      }
    }
    if (c.combining_class == 0) {
      starter = out;
      last_class = -1;
    } else {
      last_class = c.combining_class;
    }
    const Character copy = c;  // c may be text[out]'s neighbour in the same vector
    text[out++] = copy;
  }
  text.resize(out);
}

}  // namespace forms

TTT_INLINE AlignedText normalized(const AlignedText& text, NormalForm form) {
  using forms::Character;
  const std::string_view bytes = text.text();
  const bool composed = form == NormalForm::nfc || form == NormalForm::nfkc;
  const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
  // ASCII is in every form, and below U+0300 (lead byte 0xCC) all is in NFC.
  const auto unchanged = [&](char c) {
    return static_cast<unsigned char>(c) < (form == NormalForm::nfc ? 0xCC : 0x80);
  };
  if (std::all_of(bytes.begin(), bytes.end(), unchanged)) return text;

  std::vector<Character> characters;
  characters.reserve(bytes.size());
  std::vector<Origin> origins;  // by place, before sorting and composing
  const auto add = [&](utf8proc_int32_t code, utf8proc_propval_t combining_class, Origin origin) {
    characters.push_back({code, combining_class, characters.size(), 1});
    if (text.tracked()) origins.push_back(origin);
  };
  int last_boundary = 0;
  const auto flags =
      static_cast<utf8proc_option_t>(compatible ? UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT : UTF8PROC_DECOMPOSE);
  for (std::size_t i = 0; i < bytes.size(); i += utf8_length(bytes[i])) {
    const auto c = static_cast<utf8proc_int32_t>(code_point_at(bytes, i));
    const Origin origin = text.origin(i);
    if (c < 0x80) {
      add(c, 0, origin);
      continue;
    }
    utf8proc_int32_t parts[32];  // the longest decomposition (U+FDFA) has 18
    const auto n = utf8proc_decompose_char(c, parts, 32, flags, &last_boundary);
    if (n <= 0 || n > 32) {
      add(c, forms::class_of(c), origin);
      continue;
    }
    for (utf8proc_ssize_t k = 0; k < n; ++k) add(parts[k], forms::class_of(parts[k]), origin);
  }
  for (auto it = characters.begin(); it != characters.end();) {
    const auto from =
        std::find_if(it, characters.end(), [](const Character& c) { return c.combining_class != 0; });
    it = std::find_if(from, characters.end(), [](const Character& c) { return c.combining_class == 0; });
    // By class, keeping the order within a class (std::stable_sort would allocate by a function clang
    // deprecates).
    std::sort(from, it, [](const Character& x, const Character& y) {
      return x.combining_class != y.combining_class ? x.combining_class < y.combining_class
                                                    : x.place < y.place;
    });
  }
  if (composed) forms::compose(characters);

  AlignedText out(text.tracked());
  out.reserve(bytes.size());
  // As HuggingFace counts: places are consumed in order, whatever sorting did to what stood there.
  std::size_t place = 0;
  for (const Character& c : characters) {
    out.append(static_cast<char32_t>(c.code), text.tracked() ? origins[place] : Origin{});
    place += c.consumed;
  }
  return out;
}

}  // namespace ttt::tokenizer
