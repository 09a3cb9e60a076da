// Definitions of load_signs.hpp.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/load_signs.hpp>

namespace ttt {

TTT_INLINE LoadWatch::Counters LoadWatch::read() {
  Counters c;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  c.clock = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    c.own = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    c.forced = usage.ru_nivcsw;
  }
  // "cpu  user nice system idle iowait irq softirq steal ..." in ticks, of all processors.
  char text[512];
  const int fd = ::open("/proc/stat", O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? 0 : ::read(fd, text, sizeof text);
  if (fd >= 0) ::close(fd);
  std::string_view rest(text, static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  rest = rest.substr(0, rest.find('\n'));
  const double tick = 1.0 / static_cast<double>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
  if (!rest.starts_with("cpu ")) return c;
  rest.remove_prefix(4);
  double busy = 0;
  for (int column = 0; column < 8; ++column) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::uint64_t value = 0;
    const auto end = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (end.ec != std::errc()) return c;
    rest.remove_prefix(static_cast<std::size_t>(end.ptr - rest.data()));
    if (column == 7) {
      c.stolen = static_cast<double>(value) * tick;
    } else if (column != 3 && column != 4) {
      busy += static_cast<double>(value) * tick;
    }
  }
  c.busy = busy;
  return c;
}

TTT_INLINE LoadWatch::LoadWatch() : start_(read()) {}

TTT_INLINE LoadSigns LoadWatch::signs() const {
  const Counters now = read();
  LoadSigns s;
  s.seconds = now.clock - start_.clock;
  if (s.seconds <= 0) return s;
  s.forced_switches = now.forced - start_.forced;
  s.own = (now.own - start_.own) / s.seconds;
  const bool known = start_.busy >= 0 && now.busy >= 0;
  s.others = known ? std::max(0.0, (now.busy - start_.busy) / s.seconds - s.own) : -1;
  s.stolen = known && start_.stolen >= 0 ? std::max(0.0, now.stolen - start_.stolen) / s.seconds : -1;
  return s;
}

}  // namespace ttt
