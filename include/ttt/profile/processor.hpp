// Processor: what the operating system says of the processor this program runs on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ttt {

struct CacheLevel {
  int level = 0;
  std::string type;  ///< Data, Instruction, Unified
  std::int64_t bytes = 0;
};

/// Caches of the first processor, as the kernel says; empty where it does not.
[[nodiscard]] std::vector<CacheLevel> cache_levels();
/// The processor's name, "" if unknown.
[[nodiscard]] std::string processor_name();
/// Name, family, model, stepping, cores this process may use and caches: the same text on the same kind of machine.
[[nodiscard]] std::string processor_identity();

}  // namespace ttt
