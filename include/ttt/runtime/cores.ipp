#pragma once

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/cores.hpp>

namespace ttt {

namespace cores {

/// The first 4 KiB of a file of the kernel's ("" if it cannot be read): such files say size 0 or 4096.
inline std::string read_small(const std::string& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  text.resize(4096);
  const ssize_t got = ::read(fd, text.data(), text.size());
  ::close(fd);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

/// The integer `text` starts with, or `otherwise`.
inline long integer(std::string_view text, long otherwise) {
  long value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() ? value : otherwise;
}

/// Cores in the affinity mask; hyperthreads of one core are one.
inline int in_affinity() {
  cpu_set_t* set = nullptr;
  std::size_t bytes = 0;
  int cpus = 1024;
  for (; cpus <= 1 << 16; cpus *= 2) {  // the kernel refuses a mask shorter than its own
    set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    if (set == nullptr) return 1;
    bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    if (::sched_getaffinity(0, bytes, set) == 0) break;
    CPU_FREE(set);
    set = nullptr;
  }
  if (set == nullptr) return 1;
  std::vector<std::pair<long, long>> seen;  // (package, core)
  for (int c = 0; c < cpus; ++c) {
    if (!CPU_ISSET_S(static_cast<std::size_t>(c), bytes, set)) continue;
    const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(c) + "/topology/";
    const long core = integer(read_small(folder + "core_id"), -1);
    const std::pair<long, long> id =
        core < 0 ? std::pair<long, long>{-1, c}  // unknown: its own core
                 : std::pair{integer(read_small(folder + "physical_package_id"), 0), core};
    if (std::find(seen.begin(), seen.end(), id) == seen.end()) seen.push_back(id);
  }
  CPU_FREE(set);
  return std::max(1, static_cast<int>(seen.size()));
}

/// Whole cores a quota of `quota` µs each `period` µs pays for; a large number when there is none.
inline int paid(long quota, long period) {
  if (quota <= 0 || period <= 0) return 1 << 16;
  return static_cast<int>(std::clamp(quota / period, 1L, 1L << 16));
}

/// The least quota on the way from this process's cgroup to the root: a limit holds for everything below it.
inline int in_cgroup() {
  int least = 1 << 16;
  const std::string lines = read_small("/proc/self/cgroup");
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string group(line.substr(second + 1));
    const bool unified = controllers.empty();
    if (!unified && controllers.find("cpu") == controllers.npos) continue;
    for (;;) {
      if (group == "/") group.clear();
      if (unified) {
        const std::string text = read_small("/sys/fs/cgroup" + group + "/cpu.max");  // "max 100000" or "Q P"
        const std::size_t space = text.find(' ');
        if (space != text.npos) {
          least =
              std::min(least, paid(integer(text, 0), integer(std::string_view(text).substr(space + 1), 0)));
        }
      } else {
        const std::string folder = "/sys/fs/cgroup/cpu" + group;
        least = std::min(least, paid(integer(read_small(folder + "/cpu.cfs_quota_us"), 0),
                                     integer(read_small(folder + "/cpu.cfs_period_us"), 0)));
      }
      if (group.empty()) break;
      group.resize(std::min(group.rfind('/'), group.size()));
    }
  }
  return least;
}

}  // namespace cores

TTT_INLINE int available_cores() { return std::min(cores::in_affinity(), cores::in_cgroup()); }

}  // namespace ttt
