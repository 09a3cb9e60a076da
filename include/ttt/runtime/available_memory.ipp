// Definitions of available_memory.hpp.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/available_memory.hpp>
#include <ttt/runtime/cores.ipp>

namespace ttt {

TTT_INLINE std::int64_t available_memory() {
  const std::string text = cores::read_small("/proc/meminfo");
  constexpr std::string_view field = "MemAvailable:";
  const std::size_t at = text.find(field);
  if (at == std::string::npos) return 0;
  const std::size_t digits = text.find_first_not_of(' ', at + field.size());
  if (digits == std::string::npos) return 0;
  std::int64_t kib = 0;
  std::from_chars(text.data() + digits, text.data() + text.size(), kib);
  return kib * 1024;
}

}  // namespace ttt
