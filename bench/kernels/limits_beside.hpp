// Limits measured in turn with the work they bound: on a shared machine only neighbours in time can be compared.
#pragma once

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include <ttt/profile/limit_loops.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt::bench {

/// Seconds of one run of a program.
inline double seconds_of(ThreadTeam& team, std::span<const TeamOp> program) {
  const auto start = std::chrono::steady_clock::now();
  team.run(program);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> v) {
  if (v.empty()) return 0;
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

/// What a benchmark is held against.
enum class Limit { memory, cache, fma, bf16_dot, int8_dot };

/// Rates of a team of threads, per second: bytes of reading, operations of arithmetic (a multiply-add is two).
class LimitProbe {
 public:
  /// 256 MiB stand for memory, 256 KiB a thread for its L2.
  static constexpr std::size_t memory_bytes = std::size_t{256} << 20;
  static constexpr std::size_t cache_bytes = std::size_t{256} << 10;

  LimitProbe(ThreadTeam& team, kernels::Isa isa)
      : team_(team),
        loops_(probing::loops_for(isa)),
        memory_(Buffer::create(memory_bytes, MemoryClass::staging, "measuring memory").value()) {
    Call call{this, Limit::memory, true};
    const TeamOp op{run, &call, team_.size()};
    (void)seconds_of(team_, {&op, 1});
  }

  /// One sample, 2 to 10 ms long. 0 where the level has no such instruction.
  [[nodiscard]] double sample(Limit limit) {
    Call call{this, limit, false};
    const double amount = amount_of(limit) * team_.size();
    const TeamOp op{run, &call, team_.size()};
    return amount > 0 ? amount / seconds_of(team_, {&op, 1}) : 0;
  }

 private:
  struct Call {
    LimitProbe* probe;
    Limit limit;
    bool fill;
  };
  static constexpr long rounds = 100'000;
  static constexpr int cache_passes = 400;

  /// Of one part.
  [[nodiscard]] double amount_of(Limit limit) const {
    switch (limit) {
      case Limit::memory: return static_cast<double>(memory_bytes / static_cast<std::size_t>(team_.size()));
      case Limit::cache: return static_cast<double>(cache_bytes) * cache_passes;
      case Limit::fma: return static_cast<double>(loops_.fp32_flops) * rounds;
      case Limit::bf16_dot: return static_cast<double>(loops_.bf16_flops) * rounds;
      case Limit::int8_dot: return static_cast<double>(loops_.int8_flops) * rounds;
    }
    return 0;
  }

  static void run(const void* args, kernels::Part part) noexcept {
    const Call& call = *static_cast<const Call*>(args);
    LimitProbe& p = *call.probe;
    const std::size_t share = memory_bytes / static_cast<std::size_t>(part.count);
    std::byte* const mine = p.memory_.data() + static_cast<std::size_t>(part.index) * share;
    if (call.fill) {
      std::fill(mine, mine + share, std::byte{0});
      return;
    }
    switch (call.limit) {
      case Limit::memory: return p.loops_.read(mine, share);
      case Limit::cache:
        for (int pass = 0; pass < cache_passes; ++pass) p.loops_.read(mine, cache_bytes);
        return;
      case Limit::fma: return p.loops_.fp32(rounds);
      case Limit::bf16_dot: return p.loops_.bf16(rounds);
      case Limit::int8_dot: return p.loops_.int8(rounds);
    }
  }

  ThreadTeam& team_;
  probing::LimitLoops loops_;
  Buffer memory_;
};

}  // namespace ttt::bench
