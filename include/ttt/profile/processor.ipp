// Definitions of processor.hpp.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string_view>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/processor.hpp>
#include <ttt/runtime/cores.hpp>

namespace ttt {

namespace processors {

TTT_INLINE std::string line_of(const std::string& file, std::string_view name) {
  std::FILE* f = std::fopen(file.c_str(), "r");
  if (f == nullptr) return {};
  std::string found;
  char line[512];
  while (found.empty() && std::fgets(line, sizeof line, f) != nullptr) {
    std::string_view text(line);
    if (!text.starts_with(name)) continue;
    if (!name.empty()) {
      text.remove_prefix(name.size());
      while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
      if (!text.starts_with(':')) continue;  // another that begins alike: "model name" is not "model"
      text.remove_prefix(1);
    }
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    found = text;
    if (name.empty()) break;
  }
  std::fclose(f);
  return found;
}

TTT_INLINE std::int64_t bytes_in(std::string_view text) {
  std::int64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || value < 0 || value > (std::int64_t{1} << 40)) return 0;
  std::string_view unit(end.ptr, static_cast<std::size_t>(text.data() + text.size() - end.ptr));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.starts_with('k') || unit.starts_with('K')) return value << 10;
  return unit.starts_with('M') ? value << 20 : value;
}

}  // namespace processors

TTT_INLINE std::vector<CacheLevel> cache_levels() {
  std::vector<CacheLevel> out;
  for (int i = 0; i < 16; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string size = processors::line_of(folder + "size", "");
    if (size.empty()) break;
    CacheLevel c{0, processors::line_of(folder + "type", ""), processors::bytes_in(size)};
    const std::string level = processors::line_of(folder + "level", "");
    std::from_chars(level.data(), level.data() + level.size(), c.level);
    out.push_back(std::move(c));
  }
  return out;
}

TTT_INLINE std::string processor_name() { return processors::line_of("/proc/cpuinfo", "model name"); }

TTT_INLINE std::string processor_identity() {
  std::string out = processor_name();
  for (const char* const name : {"cpu family", "model", "stepping", "microcode"})
    out += std::string(", ") + name + " " + processors::line_of("/proc/cpuinfo", name);
  out += ", cores " + std::to_string(available_cores());
  for (const CacheLevel& c : cache_levels())
    out += ", L" + std::to_string(c.level) + " " + c.type + " " + std::to_string(c.bytes);
  return out;
}

}  // namespace ttt
