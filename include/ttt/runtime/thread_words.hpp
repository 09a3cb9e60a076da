// The words and waits a team of threads shares (threads.ipp tells how they work together).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <ttt/runtime/threads.hpp>

namespace ttt::threads {

// Shared fields are packed into one word each, so that no reader ever sees half of a change.
inline constexpr int done_bits = 10, parts_bits = 10, epoch_shift = done_bits + parts_bits;
inline constexpr std::uint64_t recorded_bit = std::uint64_t{1} << (epoch_shift - 1);  // of `published`
static_assert(ThreadTeam::max_parts < 1 << done_bits && ThreadTeam::max_ops < static_cast<int>(recorded_bit));

inline std::uint64_t epoch_of(std::uint64_t word) { return word >> epoch_shift; }
inline int parts_of(std::uint64_t word) {
  return static_cast<int>(word >> done_bits & ((1U << parts_bits) - 1));
}
inline int done_of(std::uint64_t word) { return static_cast<int>(word & ((1U << done_bits) - 1)); }
inline int ops_of(std::uint64_t word) { return static_cast<int>(word & (recorded_bit - 1)); }

inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

using Clock = std::chrono::steady_clock;
inline int microseconds_since(Clock::time_point start) noexcept {
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  return static_cast<int>(std::min<std::int64_t>(passed, 1 << 30));
}

inline constexpr int spins_per_look = 32;  ///< pauses between looks at the clock, about 1 µs
inline constexpr int grace = 30;           ///< µs a thread has to claim its parts before others may
inline constexpr int yield_after = 60;  ///< µs of waiting for an op after which the core is offered to others
inline constexpr std::int64_t absence_borne = 200'000;       ///< ns a worker may stay away before it is sent to another CPU
inline constexpr std::int64_t between_sendings = 2'000'000;  ///< ns at least: the scheduler may want it elsewhere
inline constexpr int patience_least = 50, patience_most = 200;  ///< µs a worker spins between runs

}  // namespace ttt::threads
