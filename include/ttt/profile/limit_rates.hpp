// What a team of threads reaches in the loops of limit_loops.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <ttt/profile/limit_loops.hpp>
#include <ttt/profile/probe.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt::probing {

struct Filling {
  std::byte* data;
  std::size_t bytes;  ///< of all parts
};
/// 0x3c everywhere: 0.01 in fp32 and bf16, 1.06 in fp16, 60 in bytes.
inline void fill_part(const void* work, kernels::Part part) noexcept {
  const Filling& w = *static_cast<const Filling*>(work);
  const std::size_t mine = w.bytes / static_cast<std::size_t>(part.count);
  const auto index = static_cast<std::size_t>(part.index);
  std::memset(w.data + index * mine, 0x3c, part.index + 1 == part.count ? w.bytes - index * mine : mine);
}
/// Memory that was never written is one page of zeros, which a cache holds.
inline void fill(ThreadTeam& team, std::byte* data, std::size_t bytes) {
  const Filling work{data, bytes};
  const TeamOp op{fill_part, &work, team.size()};
  team.run({&op, 1});
}

struct Reading {
  void (*read)(const void*, std::size_t);
  const std::byte* data;
  std::size_t bytes;  ///< of all parts
  int passes;
};
inline void read_part(const void* work, kernels::Part part) noexcept {
  const Reading& w = *static_cast<const Reading*>(work);
  const std::size_t mine = w.bytes / static_cast<std::size_t>(part.count) / 256 * 256;
  for (int pass = 0; pass < w.passes; ++pass) w.read(w.data + static_cast<std::size_t>(part.index) * mine, mine);
}
/// Bytes a second of reading `bytes` again and again, probed for about `budget` seconds.
[[nodiscard]] inline double read_rate(ThreadTeam& team, const LimitLoops& loops, const std::byte* data, std::size_t bytes,
                                      double budget) {
  const int passes = static_cast<int>(std::clamp<std::size_t>((std::size_t{2} << 20) / bytes, 1, 64));
  const Reading work{loops.read, data, bytes, passes};
  const TeamOp op{read_part, &work, team.size()};
  return static_cast<double>(bytes) * passes / seconds_of(budget, [&] { team.run({&op, 1}); });
}

struct Computing {
  void (*loop)(long);
  long rounds;
};
inline void compute_part(const void* work, kernels::Part) noexcept {
  const Computing& w = *static_cast<const Computing*>(work);
  w.loop(w.rounds);
}
/// Operations a second, with `rounds` of a loop to a pass of every thread; 0 without such an instruction.
[[nodiscard]] inline double compute_rate(ThreadTeam& team, void (*loop)(long), int flops, double budget,
                                         long rounds = 10'000) {
  if (loop == nullptr) return 0;
  const Computing work{loop, rounds};
  const TeamOp op{compute_part, &work, team.size()};
  const double seconds = seconds_of(budget, [&] { team.run({&op, 1}); });
  return static_cast<double>(flops) * static_cast<double>(rounds) * team.size() / seconds;
}

}  // namespace ttt::probing
