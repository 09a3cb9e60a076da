// The threads that run a step's ops: they share parts, not time.
//
// Every thread walks the same list of ops. Of each op a thread first claims its own parts (p ≡ thread mod
// size), runs them and counts them done; it goes on when the op's count is full. There is no leader and
// nobody waits for a *thread*: parts that nobody has claimed after a short grace are claimed by whoever
// waits, so that a descheduled worker holds up only the part it is in.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include <ttt/io/result.hpp>
#include <ttt/kernels/args.hpp>

namespace ttt {

class ThreadRecorder;

/// One op of a program: `run` is called once for each part in [0, parts), on any thread, in any order; all
/// parts of an op are complete, and what they wrote is visible, before a part of the next op starts.
struct TeamOp {
  void (*run)(const void* args, kernels::Part part) noexcept;
  const void* args;
  int parts;  ///< 0 to ThreadTeam::max_parts
};

/// Ties the calling thread to the first CPU of its mask: beside a pinned team, so that it does not stand on a worker's
/// CPU. Make teams first: a pinned one goes by the mask of who makes it. False where the system refuses.
bool pin_this_thread() noexcept;

/// A persistent team of `size()` threads: the one that calls run() and size() - 1 workers, which spin for a
/// short while after a run and then sleep until the next.
class ThreadTeam {
 public:
  static constexpr int max_threads = 256;
  static constexpr int max_parts = 1023;         ///< of one op
  static constexpr int max_ops = (1 << 19) - 1;  ///< of one program

  /// Starts `threads` - 1 workers; `pin` ties worker i to the i-th CPU (counted around) of the calling thread's mask.
  /// That thread is not tied (`pin_this_thread`). Where the system refuses, `pinned` says so and the workers go where the
  /// scheduler wants.
  /// Room is made for programs of 256 ops with `threads` parts each. Errors: threads_out_of_range (1 to 256),
  /// threads_not_started, out_of_memory.
  [[nodiscard]] static Result<std::unique_ptr<ThreadTeam>> create(int threads, bool pin = false);

  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;
  ~ThreadTeam();

  [[nodiscard]] int size() const { return size_; }
  /// Whether every worker is tied to a CPU, as asked for. More threads than CPUs share them.
  [[nodiscard]] bool pinned() const { return pinned_; }

  /// Makes room for programs of up to `ops` ops of up to `parts` parts; never shrinks. Not during a run: it
  /// stops and starts the workers, so it belongs where a session is made. Errors: program_out_of_range,
  /// out_of_memory, threads_not_started (the team then runs everything on the calling thread).
  [[nodiscard]] Result<void> reserve(int ops, int parts);

  /// Runs the ops in order and returns when all are complete. Allocates nothing; the only system calls are
  /// waking workers that sleep and, when a part is held by a descheduled thread, yields. `program` and all
  /// its args must stay unchanged until run returns and are not touched after it. Callers from several
  /// threads take turns; a part must not call run. A program beyond the reserved room runs on the calling
  /// thread alone.
  /// `recorder`: keeps when each part ran, if it has room; a run without one executes nothing for it.
  void run(std::span<const TeamOp> program, ThreadRecorder* recorder = nullptr) noexcept;

 private:
  struct alignas(64) Line {
    std::atomic<std::uint64_t> word[8] = {};
  };
  struct Worker {
    ThreadTeam* team = nullptr;
    int index = 0;
    pthread_t thread{};
  };

  explicit ThreadTeam(int size, bool pin);
  Result<void> start();
  void stop() noexcept;
  void run_alone(std::span<const TeamOp> program) const noexcept;
  void run_alone(std::span<const TeamOp> program, ThreadRecorder* recorder) const noexcept;
  static void* work(void* worker);
  void bear_absence() noexcept;
  bool await_epoch(std::uint64_t& published, int& patience) noexcept;
  /// How a thread goes through a run: with `Stamps` it keeps times of the parts it runs.
  struct NoStamps;
  struct Stamps;
  template <class S>
  bool walk(int self, std::uint64_t published, bool absent) noexcept;
  template <class S>
  int claim_and_run(int op, int parts, std::uint64_t epoch, int owner, S stamps) noexcept;
  template <class S>
  int await_op(int self, int op, int parts, std::uint64_t epoch, bool& absent, S stamps) noexcept;
  std::atomic<std::uint64_t>& state(int op) noexcept { return states_[op / 8].word[op % 8]; }

  int size_ = 1;
  bool pin_ = false;
  bool pinned_ = false;
  cpu_set_t cpus_{};  ///< the mask of who made the team
  bool oversubscribed_ = false;
  int started_ = 0;  ///< workers running
  int ops_room_ = 0;
  int parts_room_ = 0;
  int rounds_ = 0;             ///< own parts of a thread in one op, at most
  std::size_t own_lines_ = 0;  ///< claim lines of one thread
  std::unique_ptr<Line[]> states_;
  std::unique_ptr<Line[]> claims_;
  std::unique_ptr<Worker[]> workers_;
  std::uint64_t epoch_ = 0;
  bool absent_ = false;  ///< the last run ended with parts taken over
  std::int64_t absent_since_ = 0;  ///< by the clock in ns, 0: they are there
  std::int64_t sent_away_ = 0;
  std::mutex turn_;

  alignas(64) std::atomic<std::uint64_t> published_{0};  ///< epoch << 20 | recorded << 19 | ops
  const TeamOp* program_ = nullptr;
  ThreadRecorder* recorder_ = nullptr;  ///< as `program_`: read by who has claimed a part
  alignas(64) std::atomic<std::uint32_t> sleepers_{0};
  std::atomic<std::uint32_t> bell_{0};  ///< rung to wake sleepers
  std::atomic<bool> stopping_{false};
};

}  // namespace ttt
