// What this machine has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ttt::tool {

struct CacheLevel {
  int level = 0;
  std::string type;  ///< Data, Instruction, Unified
  std::int64_t bytes = 0;
};
/// Of the first processor, as the kernel says; empty where it does not.
[[nodiscard]] std::vector<CacheLevel> cache_levels();
/// The processor's name, "" if unknown.
[[nodiscard]] std::string processor_name();
[[nodiscard]] std::int64_t total_memory();
/// The most physical memory this process has held at once (VmHWM), 0 if unknown.
[[nodiscard]] std::int64_t peak_memory_held();
/// Bytes that can still be had, 0 if unknown.
[[nodiscard]] std::int64_t free_memory();

}  // namespace ttt::tool
