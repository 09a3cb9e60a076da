// How far a long read or write has come.
#pragma once

#include <cstdint>
#include <functional>

namespace ttt {

/// Called with bytes done and bytes in all, often enough for a progress bar; may be empty.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace ttt
