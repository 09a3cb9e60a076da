// Writing JSON into a string, value by value.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace ttt::json {

/// Length in bytes (1 to 4) of the well-formed UTF-8 sequence `text` starts with, or 0 if it starts with
/// none. Requires: text not empty. Source: table 3-7 of the Unicode standard.
[[nodiscard]] constexpr std::size_t utf8_sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i, unsigned low, unsigned high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return tail(1, 0x80, 0xBF) ? 2 : 0;
  if (lead < 0xF0) {
    const bool ok = tail(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && tail(2, 0x80, 0xBF);
    return ok ? 3 : 0;
  }
  const bool ok = tail(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && tail(2, 0x80, 0xBF) &&
                  tail(3, 0x80, 0xBF);
  return ok ? 4 : 0;
}

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, one each, so that
/// the output is always valid.
inline void append_quoted(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x80) {
      const std::size_t n = utf8_sequence(text.substr(i));
      out += n == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, n);
      i += n == 0 ? 1 : n;
      continue;
    }
    ++i;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (u < 0x20 || u == 0x7F) {
          out += "\\u00";
          out += hex[u >> 4];
          out += hex[u & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

/// Builds one JSON document. Commas are its business, nesting is the caller's:
/// `w.begin_object().key("ids").begin_array().value(1).value(2).end_array().end_object();` → `{"ids":[1,2]}`.
class Writer {
 public:
  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name) {
    comma();
    append_quoted(text_, name);
    text_ += ':';
    first_ = true;
    return *this;
  }

  Writer& value(std::string_view text) {
    comma();
    append_quoted(text_, text);
    return *this;
  }
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  template <class T>
  requires std::is_arithmetic_v<T> Writer& value(T number) {
    comma();
    char buffer[32];
    if constexpr (std::is_same_v<T, bool>) {
      text_ += number ? "true" : "false";
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(number)) {  // JSON has no word for it
        text_ += "null";
      } else {
        text_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
      }
    } else {
      text_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
    }
    return *this;
  }
  Writer& null() {
    comma();
    text_ += "null";
    return *this;
  }
  /// A piece of JSON made elsewhere, taken as it is.
  Writer& raw(std::string_view json) {
    comma();
    text_ += json;
    return *this;
  }
  template <class T>
  Writer& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  [[nodiscard]] const std::string& text() const& { return text_; }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  void comma() {
    if (!first_) text_ += ',';
    first_ = false;
  }
  Writer& open(char bracket) {
    comma();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  Writer& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  std::string text_;
  bool first_ = true;
};

}  // namespace ttt::json
