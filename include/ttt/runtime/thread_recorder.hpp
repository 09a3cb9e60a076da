// ThreadRecorder: when each part of each op ran, and on which thread, of runs in the mode that ships.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include <ttt/runtime/memory.hpp>

namespace ttt {

struct TeamOp;

/// One part of one op, in ticks.
struct PartRecord {
  std::uint64_t begin = 0;  ///< when its thread was free for it: the end of that thread's part before, or of its waiting
  std::uint64_t end = 0;
  std::int32_t thread = 0;
};

/// Memory for the records of a number of runs, made and touched beforehand: recording allocates nothing, shares no cache
/// line between threads and reads a counter once or twice a part. A run that finds no room left is run without records.
class ThreadRecorder {
 public:
  /// For `runs` runs of up to `ops` ops of up to `parts` parts on `threads` threads. Requires: all at least 1.
  /// Errors: out_of_memory.
  [[nodiscard]] static Result<ThreadRecorder> create(int runs, int ops, int parts, int threads);

  /// Runs recorded.
  [[nodiscard]] int runs() const { return used_; }
  /// Runs there is still room for.
  [[nodiscard]] int room() const { return runs_ - used_; }
  /// Forgets the runs; keeps the memory.
  void clear() { used_ = 0; }

  /// Ops of a run, parts of one of its ops. Requires: they are there.
  [[nodiscard]] int ops(int run) const { return heads_[run].ops; }
  [[nodiscard]] int parts(int run, int op) const { return parts_of_[std::int64_t{run} * ops_ + op]; }
  [[nodiscard]] const PartRecord& part(int run, int op, int part) const { return records_[place(run, op, part)]; }
  /// When the run was called and when it was complete, in ticks.
  [[nodiscard]] std::uint64_t begin(int run) const { return heads_[run].begin; }
  [[nodiscard]] std::uint64_t end(int run) const { return heads_[run].end; }
  /// Seconds of one tick, from the clock over all runs recorded. Requires: runs() > 0.
  [[nodiscard]] double seconds_per_tick() const;

  /// The processor's time stamp counter; elsewhere nanoseconds.
  [[nodiscard]] static std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

 private:
  friend class ThreadTeam;
  struct Head {
    std::uint64_t begin, end;
    std::int64_t begin_ns, end_ns;
    std::int32_t ops;
  };
  ThreadRecorder() = default;
  /// Whether there is room for this program's records; if so it is the run being recorded.
  [[nodiscard]] bool start(std::span<const TeamOp> program) noexcept;
  void finish() noexcept;
  /// Of the run being recorded. Each part is kept by one thread, before the part counts as done.
  void keep(int op, int part, const PartRecord& record) noexcept { records_[place(used_, op, part)] = record; }
  /// The parts that belong to one thread lie together.
  [[nodiscard]] std::int64_t place(int run, int op, int part) const {
    return (std::int64_t{run} * threads_ + part % threads_) * stride_ + std::int64_t{op} * rounds_ + part / threads_;
  }

  Buffer memory_;
  PartRecord* records_ = nullptr;
  Head* heads_ = nullptr;
  std::uint16_t* parts_of_ = nullptr;
  int runs_ = 0, ops_ = 0, threads_ = 1, rounds_ = 0;
  std::int64_t stride_ = 0;  // records of one thread in one run: whole cache lines
  int used_ = 0;
};

}  // namespace ttt
