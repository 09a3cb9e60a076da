// Definitions of limits.hpp.
#pragma once

#include <algorithm>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/limit_loops.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/profile/probe.hpp>
#include <ttt/runtime/memory.hpp>

namespace ttt {

namespace limits {

inline constexpr std::size_t read_bytes = std::size_t{256} << 20;
inline constexpr long rounds = 1 << 20;   ///< of an arithmetic pass: 10 to 40 ms
inline constexpr double budget_s = 0.15;  ///< of the passes of one kind

struct Work {
  const probing::LimitLoops* loops = nullptr;
  std::byte* data = nullptr;
  void (*arithmetic)(long) = nullptr;
};
inline void compute_part(const void* work, kernels::Part) noexcept {
  static_cast<const Work*>(work)->arithmetic(rounds);
}
inline void read_part(const void* work, kernels::Part part) noexcept {
  const Work& w = *static_cast<const Work*>(work);
  const std::size_t mine = read_bytes / static_cast<std::size_t>(part.count);
  w.loops->read(w.data + static_cast<std::size_t>(part.index) * mine, mine);
}
/// Memory that was never written is one page of zeros, which a cache holds.
inline void fill_part(const void* work, kernels::Part part) noexcept {
  const Work& w = *static_cast<const Work*>(work);
  const std::size_t mine = read_bytes / static_cast<std::size_t>(part.count);
  std::memset(w.data + static_cast<std::size_t>(part.index) * mine, 0, mine);
}

}  // namespace limits

TTT_INLINE Result<MachineLimits> measure_limits(ThreadTeam& team, kernels::Isa isa) {
  using namespace limits;
  const int parts = team.size();
  const probing::LimitLoops loops = probing::loops_for(isa);
  TTT_TRY(Buffer memory, Buffer::create(read_bytes, MemoryClass::staging, "measuring memory"));
  Work work{&loops, memory.data()};
  const auto seconds = [&](void (*part)(const void*, kernels::Part) noexcept) {
    const TeamOp op{part, &work, parts};
    return probing::seconds_of(budget_s, [&] { team.run({&op, 1}); });
  };
  const TeamOp fill{fill_part, &work, parts};
  team.run({&fill, 1});
  MachineLimits out;
  out.probed_read_bytes_per_s = static_cast<double>(read_bytes) / seconds(read_part);
  out.read_bytes_per_s = out.probed_read_bytes_per_s;
  const auto rate = [&](void (*loop)(long), int flops) {
    if (loop == nullptr) return 0.0;
    work.arithmetic = loop;
    return static_cast<double>(flops) * static_cast<double>(rounds) * parts / seconds(compute_part);
  };
  out.flop_per_s = rate(loops.fp32, loops.fp32_flops);
  out.bf16_flop_per_s = rate(loops.bf16, loops.bf16_flops);
  out.int8_op_per_s = rate(loops.int8, loops.int8_flops);
  return out;
}

}  // namespace ttt
