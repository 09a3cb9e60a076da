// Processor: what the operating system says of the processor this program runs on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ttt {

namespace processors {

/// What stands behind `name` and ':' in a line of one of the kernel's files; with an empty name, the first line. "" where
/// there is no such file or line.
[[nodiscard]] std::string line_of(const std::string& file, std::string_view name);
/// "123 kB", "32K", "2M" in bytes; 0 if it is no such thing.
[[nodiscard]] std::int64_t bytes_in(std::string_view text);

}  // namespace processors

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
