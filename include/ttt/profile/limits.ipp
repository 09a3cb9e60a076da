// Definitions of limits.hpp.
#pragma once

#include <cstddef>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/limit_loops.hpp>
#include <ttt/profile/limit_rates.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/runtime/memory.hpp>

namespace ttt {

namespace limits {

inline constexpr std::size_t read_bytes = std::size_t{256} << 20;
inline constexpr long rounds = 1 << 20;   ///< of an arithmetic pass: 10 to 40 ms
inline constexpr double budget_s = 0.15;  ///< of the passes of one kind

}  // namespace limits

TTT_INLINE Result<MachineLimits> measure_limits(ThreadTeam& team, kernels::Isa isa) {
  using namespace limits;
  const probing::LimitLoops loops = probing::loops_for(isa);
  TTT_TRY(Buffer memory, Buffer::create(read_bytes, MemoryClass::staging, "measuring memory"));
  probing::fill(team, memory.data(), read_bytes);
  const auto rate = [&](void (*loop)(long), int flops) { return probing::compute_rate(team, loop, flops, budget_s, rounds); };
  MachineLimits out;
  out.probed_read_bytes_per_s = probing::read_rate(team, loops, memory.data(), read_bytes, budget_s);
  out.read_bytes_per_s = out.probed_read_bytes_per_s;
  out.flop_per_s = rate(loops.fp32, loops.fp32_flops);
  out.bf16_flop_per_s = rate(loops.bf16, loops.bf16_flops);
  out.int8_op_per_s = rate(loops.int8, loops.int8_flops);
  return out;
}

}  // namespace ttt
