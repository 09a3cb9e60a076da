// Python as text: templates whose names in `<>` are filled in.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ttt::emitting {

/// `text` with every `<name>` that is in the list replaced. A line that is nothing but such a name and is filled with
/// nothing goes away.
[[nodiscard]] inline std::string filled(std::string_view text,
                                        std::initializer_list<std::pair<std::string_view, std::string>> names) {
  std::string out(text);
  for (const auto& [name, value] : names) {
    const std::string mark = "<" + std::string(name) + ">";
    for (std::size_t at = 0; (at = out.find(mark, at)) != std::string::npos;) {
      std::size_t size = mark.size();
      const bool whole_line = (at == 0 || out[at - 1] == '\n') && at + size < out.size() && out[at + size] == '\n';
      if (whole_line && (value.empty() || value.back() == '\n')) ++size;
      out.replace(at, size, value);
      at += value.size();
    }
  }
  return out;
}

/// A name with letters, digits, dots and dashes alone: what can stand in a string of Python.
[[nodiscard]] inline std::string plain(std::string_view name) {
  std::string out(name.substr(0, 80));
  for (char& c : out)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '.' && c != '-') c = '_';
  return out;
}

/// `[A] * 15 + [B] + [A] * 16`: a list with what is equal side by side counted. `text(value)`: one of it.
template <class T, class F>
[[nodiscard]] std::string list_text(const std::vector<T>& values, F&& text) {
  std::string out;
  for (std::size_t i = 0, count = 1; i < values.size(); i += count, count = 1) {
    while (i + count < values.size() && values[i + count] == values[i]) ++count;
    out += (i > 0 ? " + [" : "[") + text(values[i]) + "]";
    if (count > 1) out += " * " + std::to_string(count);
  }
  return out;
}

/// A section's heading.
[[nodiscard]] inline std::string section(std::string_view title) {
  return "\n\n# " + std::string(100, '-') + " " + std::string(title) + "\n";
}

}  // namespace ttt::emitting
