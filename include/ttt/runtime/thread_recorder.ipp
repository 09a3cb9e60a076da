// Definitions of thread_recorder.hpp.
#pragma once

#include <algorithm>
#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/thread_recorder.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

TTT_INLINE Result<ThreadRecorder> ThreadRecorder::create(int runs, int ops, int parts, int threads) {
  ThreadRecorder r;
  r.runs_ = runs;
  r.ops_ = ops;
  r.threads_ = threads;
  r.rounds_ = (parts + threads - 1) / threads;
  static_assert(sizeof(PartRecord) * 8 % 64 == 0);
  r.stride_ = (std::int64_t{ops} * r.rounds_ + 7) / 8 * 8;
  const std::size_t records = static_cast<std::size_t>(runs) * static_cast<std::size_t>(threads) *
                              static_cast<std::size_t>(r.stride_);
  const std::size_t counts = static_cast<std::size_t>(runs) * static_cast<std::size_t>(ops);
  const std::size_t bytes = records * sizeof(PartRecord) + static_cast<std::size_t>(runs) * sizeof(Head) +
                            counts * sizeof(std::uint16_t);
  TTT_TRY(r.memory_, Buffer::create(bytes, MemoryClass::staging, "records of when parts ran"));
  std::memset(r.memory_.data(), 0, bytes);  // pages are there before the first run
  r.records_ = r.memory_.as<PartRecord>();
  r.heads_ = reinterpret_cast<Head*>(r.records_ + records);
  r.parts_of_ = reinterpret_cast<std::uint16_t*>(r.heads_ + runs);
  return r;
}

TTT_INLINE bool ThreadRecorder::start(std::span<const TeamOp> program) noexcept {
  if (used_ == runs_ || program.size() > static_cast<std::size_t>(ops_)) return false;
  for (std::size_t o = 0; o < program.size(); ++o) {
    if (program[o].parts > rounds_ * threads_) return false;
    parts_of_[static_cast<std::size_t>(used_) * static_cast<std::size_t>(ops_) + o] =
        static_cast<std::uint16_t>(std::max(0, program[o].parts));
  }
  Head& head = heads_[used_];
  head.ops = static_cast<std::int32_t>(program.size());
  head.begin_ns = std::chrono::steady_clock::now().time_since_epoch().count();
  head.begin = ticks();
  return true;
}

TTT_INLINE void ThreadRecorder::finish() noexcept {
  Head& head = heads_[used_];
  head.end = ticks();
  head.end_ns = std::chrono::steady_clock::now().time_since_epoch().count();
  ++used_;
}

TTT_INLINE double ThreadRecorder::seconds_per_tick() const {
  const Head& first = heads_[0];
  const Head& last = heads_[used_ - 1];
  const auto ticks_passed = static_cast<double>(last.end - first.begin);
  using Period = std::chrono::steady_clock::period;
  const double seconds = static_cast<double>(last.end_ns - first.begin_ns) * Period::num / Period::den;
  return ticks_passed > 0 ? seconds / ticks_passed : 0;
}

}  // namespace ttt
