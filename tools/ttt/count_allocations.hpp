// How often this program has asked for memory from the heap.
#pragma once

#include <cstdint>

namespace ttt::tool {

/// Calls of operator new since the program began, on any thread.
[[nodiscard]] std::uint64_t allocations_counted();

}  // namespace ttt::tool
