// What this machine has.
#pragma once

#include <cstdint>

#include <ttt/profile/processor.hpp>
#include <ttt/runtime/available_memory.hpp>

namespace ttt::tool {

[[nodiscard]] std::int64_t total_memory();
/// The most physical memory this process has held at once (VmHWM), 0 if unknown.
[[nodiscard]] std::int64_t peak_memory_held();

}  // namespace ttt::tool
