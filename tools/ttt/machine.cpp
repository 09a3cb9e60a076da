#include "machine.hpp"

namespace ttt::tool {

using processors::bytes_in, processors::line_of;

std::int64_t total_memory() { return bytes_in(line_of("/proc/meminfo", "MemTotal")); }
std::int64_t peak_memory_held() { return bytes_in(line_of("/proc/self/status", "VmHWM")); }

}  // namespace ttt::tool
