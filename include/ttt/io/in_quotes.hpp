// Names from files, made fit for an error line.
#pragma once

#include <string>
#include <string_view>

namespace ttt {

/// The name in quotes: control characters become '?', and what passes 160 bytes is cut (the file may hold
/// anything).
[[nodiscard]] inline std::string in_quotes(std::string_view name) {
  std::string out = "\"";
  for (const char c : name.substr(0, 160)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return out + (name.size() > 160 ? "…\"" : "\"");
}

}  // namespace ttt
