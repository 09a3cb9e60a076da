#pragma once

#include <ttt/io/json_position.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt::json {

namespace position {

struct Scan {
  std::string_view text;
  std::size_t i = 0;

  [[nodiscard]] char peek() const { return i < text.size() ? text[i] : '\0'; }
  void space() {
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r')) ++i;
  }
  [[nodiscard]] bool word(std::string_view w) {
    for (const char c : w) {
      if (peek() != c || i >= text.size()) return false;
      ++i;
    }
    return true;
  }
  [[nodiscard]] bool digits() {
    const std::size_t from = i;
    while (peek() >= '0' && peek() <= '9') ++i;
    return i > from;
  }
  [[nodiscard]] bool number() {
    if (peek() == '-') ++i;
    if (peek() == '0') {
      ++i;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++i;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++i;
      if (peek() == '+' || peek() == '-') ++i;
      if (!digits()) return false;
    }
    return true;
  }
  [[nodiscard]] bool string() {
    if (peek() != '"') return false;
    for (++i; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c == '"') return ++i, true;
      if (c < 0x20) return false;
      if (c != '\\') continue;
      ++i;
      if (std::string_view("\"\\/bfnrtu").find(peek()) == std::string_view::npos || i >= text.size())
        return false;
      if (peek() != 'u') continue;
      for (int k = 0; k < 4; ++k) {
        ++i;
        const char h = peek();
        if (!((h >= '0' && h <= '9') || (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F'))) return false;
      }
    }
    return false;
  }
  [[nodiscard]] bool scalar() {
    switch (peek()) {
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  /// True if the whole text is one JSON value; else `i` is the offending byte. An explicit stack of brackets,
  /// so that a deep text cannot exhaust ours.
  [[nodiscard]] bool document() {
    std::string open;
    while (true) {
      space();
      if (peek() == '{' || peek() == '[') {
        const char bracket = text[i++];
        open += bracket;
        space();
        const char closing = bracket == '{' ? '}' : ']';
        if (peek() == closing) {
          ++i;
          open.pop_back();
        } else {
          if (bracket == '{' && !member()) return false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      }
      space();
      while (!open.empty() && peek() == (open.back() == '{' ? '}' : ']')) {
        ++i;
        open.pop_back();
        space();
      }
      if (open.empty()) return i == text.size();
      if (peek() != ',') return false;
      ++i;
      if (open.back() == '{' && !member()) return false;
    }
  }
  [[nodiscard]] bool member() {
    space();
    if (!string()) return false;
    space();
    if (peek() != ':') return false;
    ++i;
    return true;
  }
};

}  // namespace position

TTT_INLINE std::string where_malformed(std::string_view text) {
  position::Scan scan{text};
  if (scan.document()) return {};
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t k = 0; k < scan.i && k < text.size(); ++k) {
    column = text[k] == '\n' ? 1 : column + 1;
    line += text[k] == '\n' ? 1 : 0;
  }
  return " (at line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

}  // namespace ttt::json
