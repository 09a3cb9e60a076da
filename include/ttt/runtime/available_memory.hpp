// How much memory the machine has left.
#pragma once

#include <cstdint>

namespace ttt {

/// Bytes that can be taken without swapping, as the kernel estimates them; 0 where it does not say.
[[nodiscard]] std::int64_t available_memory();

}  // namespace ttt
