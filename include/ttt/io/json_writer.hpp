// Writing JSON into a string, value by value.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ttt/io/utf8.hpp>

namespace ttt::json {

/// Appends `text` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD, so that
/// the output is always valid.
inline void append_quoted(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x80) {
      const Utf8Sequence s = utf8_sequence(text.substr(i));
      out += s.valid ? text.substr(i, s.bytes) : kReplacementCharacter;
      i += s.bytes;
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
