#include "machine.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <string_view>

namespace ttt::tool {

namespace {

/// What stands behind `name` and ':' in a line of one of the kernel's files; with an empty name, the first
/// line.
std::string line_of(const std::string& file, std::string_view name) {
  std::FILE* f = std::fopen(file.c_str(), "r");
  if (f == nullptr) return {};
  std::string found;
  char line[512];
  while (found.empty() && std::fgets(line, sizeof line, f) != nullptr) {
    std::string_view text(line);
    if (!text.starts_with(name)) continue;
    if (!name.empty()) text.remove_prefix(std::min(text.find(':') + 1, text.size()));
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    found = text;
    if (name.empty()) break;
  }
  std::fclose(f);
  return found;
}

/// "123 kB", "32K", "2M" in bytes; 0 if it is no such thing.
std::int64_t bytes_in(std::string_view text) {
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || value < 0 || value > (std::int64_t{1} << 40)) return 0;
  std::string_view unit(end.ptr, static_cast<std::size_t>(text.data() + text.size() - end.ptr));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.starts_with('k') || unit.starts_with('K')) return value << 10;
  if (unit.starts_with('M')) return value << 20;
  return value;
}

}  // namespace

std::int64_t total_memory() { return bytes_in(line_of("/proc/meminfo", "MemTotal")); }
std::int64_t free_memory() { return bytes_in(line_of("/proc/meminfo", "MemAvailable")); }
std::int64_t peak_memory_held() { return bytes_in(line_of("/proc/self/status", "VmHWM")); }

}  // namespace ttt::tool
