// Why this is free of races. An *epoch* is one run, numbered from 1, never reused (44 bits: years of empty
// runs).
//
//   published  epoch, recorded, number of ops  written by the caller, last
//   state[op]  epoch, parts, parts done      written by the caller before, then counted up by those who ran
//   parts claim[part of op]  epoch it was last claimed in
//
// 1. A part is run only by the thread that moved its claim word from an older epoch to this one. Claim words
// only
//    grow, and a read-modify-write sees the newest value, so in each epoch exactly one thread succeeds;
//    relaxed order is enough.
// 2. A worker that comes late, from epoch E, while E + 1 is being set up or runs, can harm nothing: which
// parts
//    exist it learns from state[op], whose epoch tells it to leave if it is not E; and every part that
//    existed in E was claimed in E (E is over only when all are done), so its claims fail. It reads `program`,
//    args and `recorder`, which are plain memory, only after a claim that succeeded, and then its own part keeps E
//    from ending. It keeps the part's record before it counts the part.
// 3. Visibility. Caller → worker: `published` is stored with release and read with acquire. Part → next op: a
// part
//    is counted with a release read-modify-write on state[op], and who goes on has read the full count with
//    acquire; read-modify-writes continue each other's release sequence, so that one read synchronises with
//    all parts of the op. Worker → the caller's next use of program and args: the same read, of the last op.
// 4. Sleep. A worker announces itself in `sleepers`, then looks at `published` once more, then sleeps on
// `bell` as
//    it was before; the caller publishes, then looks at `sleepers`, then rings. Both are sequentially
//    consistent, so one of the two sees the other.
#pragma once

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/thread_walk.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

namespace threads {

inline Error not_started(int wanted, int started, int code) {
  return make_error(ErrorKind::hardware, "threads_not_started", "threads",
                    std::to_string(started) + " of " + std::to_string(wanted - 1) +
                        " workers could be started: " + std::strerror(code),
                    "use fewer threads, or raise the limit on processes (ulimit -u)");
}

/// Ties `thread` to the CPU number `turn` (counted around) of a mask.
inline bool pin_to(pthread_t thread, const cpu_set_t& mask, int turn) {
  int left = turn % std::max(1, CPU_COUNT(&mask));
  for (std::size_t c = 0; c < CPU_SETSIZE; ++c) {
    if (!CPU_ISSET(c, &mask) || left-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(c, &one);
    return ::pthread_setaffinity_np(thread, sizeof one, &one) == 0;
  }
  return false;
}

}  // namespace threads

TTT_INLINE bool pin_this_thread() noexcept {
  cpu_set_t mask;
  return ::sched_getaffinity(0, sizeof mask, &mask) == 0 && threads::pin_to(::pthread_self(), mask, 0);
}

TTT_INLINE ThreadTeam::ThreadTeam(int size, bool pin) : size_(size), pin_(pin) {
  if (::sched_getaffinity(0, sizeof cpus_, &cpus_) != 0) CPU_ZERO(&cpus_);
}

TTT_INLINE Result<std::unique_ptr<ThreadTeam>> ThreadTeam::create(int threads, bool pin) {
  if (threads < 1 || threads > max_threads) {
    return make_error(
        ErrorKind::request, "threads_out_of_range", "threads",
        std::to_string(threads) + " threads asked for; possible are 1 to " + std::to_string(max_threads),
        "use " + std::to_string(available_cores()) + ", the number of cores this process may use");
  }
  std::unique_ptr<ThreadTeam> team(new (std::nothrow) ThreadTeam(threads, pin));
  if (!team) {
    return make_error(ErrorKind::memory, "out_of_memory", "threads", "no memory for a team of threads",
                      "free some memory");
  }
  if (threads > 1) {
    team->oversubscribed_ = threads > available_cores();
    TTT_CHECK(team->reserve(256, threads));
  }
  return team;
}

TTT_INLINE ThreadTeam::~ThreadTeam() { stop(); }

TTT_INLINE Result<void> ThreadTeam::reserve(int ops, int parts) {
  if (ops < 0 || ops > max_ops || parts < 0 || parts > max_parts) {
    return make_error(ErrorKind::request, "program_out_of_range", "threads",
                      std::to_string(ops) + " ops of " + std::to_string(parts) +
                          " parts asked for; possible are up to " + std::to_string(max_ops) + " of " +
                          std::to_string(max_parts),
                      "cut the work into fewer parts");
  }
  if (size_ == 1 || (ops <= ops_room_ && parts <= parts_room_)) return {};
  // A late worker may still look at the old words, so all go home before they are given up.
  const std::lock_guard turn(turn_);
  stop();
  ops = std::max(ops, ops_room_);
  parts = std::max(parts, parts_room_);
  ops_room_ = parts_room_ = 0;
  const int rounds = (parts + size_ - 1) / size_;
  // The claims of one thread's own parts lie together, on lines that nobody else touches unless it steals.
  const std::size_t own_lines = (static_cast<std::size_t>(ops) * static_cast<std::size_t>(rounds) + 7) / 8;
  const std::size_t lines = own_lines * static_cast<std::size_t>(size_);
  states_.reset(new (std::nothrow) Line[(static_cast<std::size_t>(ops) + 7) / 8]);
  claims_.reset(new (std::nothrow) Line[lines]);
  workers_.reset(new (std::nothrow) Worker[static_cast<std::size_t>(size_)]);
  if (!states_ || !claims_ || !workers_) {
    return make_error(ErrorKind::memory, "out_of_memory", "threads",
                      "no memory for the " + std::to_string(lines * sizeof(Line)) + " bytes of claims of " +
                          std::to_string(ops) + " ops of " + std::to_string(parts) + " parts",
                      "free some memory, or use fewer parts");
  }
  rounds_ = rounds;
  own_lines_ = own_lines;
  TTT_CHECK(start());
  ops_room_ = ops;
  parts_room_ = parts;
  return {};
}

TTT_INLINE Result<void> ThreadTeam::start() {
  stopping_.store(false);
  pinned_ = pin_;
  // Signals are the program's own business: they go to threads it knows about.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = 0;
  for (started_ = 0; started_ + 1 < size_; ++started_) {
    Worker& worker = workers_[static_cast<std::size_t>(started_)];
    worker.team = this;
    worker.index = started_ + 1;
    failed = pthread_create(&worker.thread, nullptr, &ThreadTeam::work, &worker);
    if (failed != 0) break;
    if (pin_) pinned_ = threads::pin_to(worker.thread, cpus_, worker.index) && pinned_;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed == 0) return {};
  const int started = started_;
  stop();
  return threads::not_started(size_, started, failed);
}

TTT_INLINE void ThreadTeam::stop() noexcept {
  stopping_.store(true);
  bell_.fetch_add(1);
  bell_.notify_all();
  for (int i = 0; i < started_; ++i) pthread_join(workers_[static_cast<std::size_t>(i)].thread, nullptr);
  started_ = 0;
}

TTT_INLINE void ThreadTeam::run_alone(std::span<const TeamOp> program) const noexcept {
  for (const TeamOp& op : program) {
    for (int p = 0; p < op.parts; ++p) op.run(op.args, {p, op.parts});
  }
}

TTT_INLINE void ThreadTeam::run_alone(std::span<const TeamOp> program, ThreadRecorder* recorder) const noexcept {
  if (recorder == nullptr || !recorder->start(program)) return run_alone(program);
  Stamps::Kept kept(0);
  const Stamps stamps(kept);
  for (std::size_t o = 0; o < program.size(); ++o) {
    const TeamOp& op = program[o];
    for (int p = 0; p < op.parts; ++p) {
      op.run(op.args, {p, op.parts});
      stamps.ran(recorder, static_cast<int>(o), p);
    }
  }
  recorder->finish();
}

TTT_INLINE void ThreadTeam::run(std::span<const TeamOp> program, ThreadRecorder* recorder) noexcept {
  if (size_ == 1) return run_alone(program, recorder);
  const std::lock_guard turn(turn_);
  // A program that cuts nothing needs nobody else; workers that sleep go on sleeping.
  const auto cut = [](const TeamOp& op) { return op.parts > 1; };
  if (std::none_of(program.begin(), program.end(), cut)) return run_alone(program, recorder);
  if (program.size() > static_cast<std::size_t>(ops_room_)) return run_alone(program, recorder);
  const std::uint64_t epoch = ++epoch_;
  const int ops = static_cast<int>(program.size());
  for (int o = 0; o < ops; ++o) {
    const int parts = program[static_cast<std::size_t>(o)].parts;
    if (parts < 0 || parts > parts_room_) return run_alone(program, recorder);  // nothing is published of this epoch
    state(o).store(epoch << threads::epoch_shift | static_cast<std::uint64_t>(parts) << threads::done_bits,
                   std::memory_order_relaxed);
  }
  program_ = program.data();
  std::uint64_t published = epoch << threads::epoch_shift | static_cast<std::uint64_t>(ops);
  const bool recorded = recorder != nullptr && recorder->start(program);
  if (recorded) {
    recorder_ = recorder;
    published |= threads::recorded_bit;
  }
  published_.store(published, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) != 0) {
    bell_.fetch_add(1, std::memory_order_seq_cst);
    bell_.notify_all();
  }
  absent_ = recorded ? walk<Stamps>(0, published, absent_) : walk<NoStamps>(0, published, absent_);
  if (recorded) recorder->finish();
  if (!absent_) absent_since_ = 0;
}

/// Where the scheduler keeps a worker on the CPU of the thread that runs the steps, the worker waits there for
/// milliseconds: this thread never sleeps in a step. So whoever stays away is sent off this CPU, and is free again at once to
/// go where the scheduler wants it. For workers that are elsewhere this changes nothing.
TTT_INLINE void ThreadTeam::bear_absence() noexcept {
  const std::int64_t now = std::chrono::nanoseconds(threads::Clock::now().time_since_epoch()).count();
  if (absent_since_ == 0) absent_since_ = now;
  if (now - absent_since_ < threads::absence_borne || now - sent_away_ < threads::between_sendings) return;
  sent_away_ = now;
  absent_since_ = 0;
  const int cpu = ::sched_getcpu();
  if (pinned_ || oversubscribed_ || cpu < 0 || cpu >= CPU_SETSIZE) return;
  for (int i = 0; i < started_; ++i) {
    const pthread_t thread = workers_[static_cast<std::size_t>(i)].thread;
    cpu_set_t all;
    if (::pthread_getaffinity_np(thread, sizeof all, &all) != 0) return;
    cpu_set_t others = all;
    CPU_CLR(static_cast<std::size_t>(cpu), &others);
    if (CPU_COUNT(&others) == 0 || ::pthread_setaffinity_np(thread, sizeof others, &others) != 0) return;
    ::pthread_setaffinity_np(thread, sizeof all, &all);
  }
}

/// Waits for a run that is not the one in `published`; false when the team stops. `patience` is how long, in
/// µs, it spins before it sleeps: longer when runs follow each other closely, shorter when spinning was in
/// vain.
TTT_INLINE bool ThreadTeam::await_epoch(std::uint64_t& published, int& patience) noexcept {
  const auto start = threads::Clock::now();
  const auto news = [&](std::memory_order order) {
    const std::uint64_t now = published_.load(order);
    if (now == published) return false;
    published = now;
    return true;
  };
  while (!stopping_.load(std::memory_order_relaxed)) {
    for (int spin = 0; spin < threads::spins_per_look; ++spin) {
      if (news(std::memory_order_acquire)) return true;
      threads::relax();
    }
    if (threads::microseconds_since(start) < patience) continue;
    const std::uint32_t bell = bell_.load(std::memory_order_seq_cst);
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    const bool missed = news(std::memory_order_seq_cst);
    if (!missed && !stopping_.load(std::memory_order_seq_cst)) bell_.wait(bell, std::memory_order_seq_cst);
    sleepers_.fetch_sub(1, std::memory_order_relaxed);
    if (missed || news(std::memory_order_acquire)) {
      const bool soon = threads::microseconds_since(start) < threads::patience_most;
      patience = soon ? threads::patience_most : std::max(threads::patience_least, patience / 2);
      return true;
    }
  }
  return false;
}

TTT_INLINE void* ThreadTeam::work(void* worker) {
  const Worker& self = *static_cast<Worker*>(worker);
  ThreadTeam& team = *self.team;
  int patience = 100;
  // What was published before this thread started is over (workers start only between runs); it is safe to
  // walk all the same, as any late worker may.
  for (std::uint64_t published = 0; team.await_epoch(published, patience);) {
    if ((published & threads::recorded_bit) == 0) {
      team.walk<NoStamps>(self.index, published, false);
    } else {
      team.walk<Stamps>(self.index, published, false);
    }
  }
  return nullptr;
}

}  // namespace ttt
