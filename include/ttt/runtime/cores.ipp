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

/// Whether a line of controllers ("cpu,cpuacct") names `cpu` itself.
inline bool names_cpu(std::string_view controllers) {
  while (!controllers.empty()) {
    const std::string_view one = controllers.substr(0, controllers.find(','));
    if (one == "cpu") return true;
    controllers.remove_prefix(std::min(controllers.size(), one.size() + 1));
  }
  return false;
}

/// What one group of version 2 ("cpu.max" holds "max 100000" or "QUOTA PERIOD") or of version 1 pays for.
inline int paid_in(const std::string& folder, bool unified) {
  if (!unified)
    return paid(integer(read_small(folder + "/cpu.cfs_quota_us"), 0),
                integer(read_small(folder + "/cpu.cfs_period_us"), 0));
  const std::string text = read_small(folder + "/cpu.max");
  const std::size_t space = text.find(' ');
  return space == text.npos ? paid(0, 0)
                            : paid(integer(text, 0), integer(std::string_view(text).substr(space + 1), 0));
}

}  // namespace cores

/// The least quota on the way from this process's cgroup to the root: a limit holds for everything below it. Inside a
/// container the process's path is often the host's and not there; the root is the container's own group then.
TTT_INLINE int paid_cores(const char* tree) {
  using cores::names_cpu, cores::paid_in, cores::read_small;
  const std::string system = tree;
  int least = 1 << 16;
  const std::string lines = read_small(system + "/proc/self/cgroup");
  for (std::string_view rest = lines; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool unified = controllers.empty();
    if (!unified && !names_cpu(controllers)) continue;
    for (std::string group(line.substr(second + 1));;) {
      if (group == "/") group.clear();
      // Version 1 is mounted under the controllers' names, and as a rule linked from each of them.
      if (unified) {
        least = std::min(least, paid_in(system + "/sys/fs/cgroup" + group, true));
      } else {
        least = std::min(least, paid_in(system + "/sys/fs/cgroup/cpu" + group, false));
        least = std::min(least, paid_in(system + "/sys/fs/cgroup/" + std::string(controllers) + group, false));
      }
      if (group.empty()) break;
      group.resize(group.find('/') == group.npos ? 0 : group.rfind('/'));
    }
  }
  return least;
}

TTT_INLINE int available_cores() { return std::min(cores::in_affinity(), paid_cores()); }

}  // namespace ttt
