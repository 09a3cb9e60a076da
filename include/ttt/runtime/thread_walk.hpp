// How a thread of a team goes through a run; threads.ipp tells why it is free of races. Included there alone.
#pragma once

#include <sched.h>

#include <ttt/runtime/thread_recorder.hpp>
#include <ttt/runtime/thread_words.hpp>

namespace ttt {

/// Nothing is kept: all of it compiles away. Handed on by value, since an empty class takes no register.
struct ThreadTeam::NoStamps {
  struct Kept {
    explicit Kept(int) {}
  };
  explicit NoStamps(Kept&) {}
  void free() const {}
  void ran(ThreadRecorder*, int, int) const {}
};
/// A thread is free for a part when the part before, or the waiting for others, is over: one reading of the counter serves
/// as the end of one and the beginning of the next.
struct ThreadTeam::Stamps {
  struct Kept {
    explicit Kept(int self) : thread(self), begin(ThreadRecorder::ticks()) {}
    int thread;
    std::uint64_t begin;
  };
  explicit Stamps(Kept& of) : kept(&of) {}
  void free() const { kept->begin = ThreadRecorder::ticks(); }
  void ran(ThreadRecorder* to, int op, int part) const {
    const std::uint64_t end = ThreadRecorder::ticks();
    to->keep(op, part, {kept->begin, end, kept->thread});
    kept->begin = end;
  }
  Kept* kept;
};

/// Returns whether the last parts of others had to be taken over; `absent` is what the run before returned: a worker that
/// did not come to the last op of a step has no grace at the first of the next.
template <class S>
bool ThreadTeam::walk(int self, std::uint64_t published, bool absent) noexcept {
  const std::uint64_t epoch = threads::epoch_of(published);
  const int ops = threads::ops_of(published);
  typename S::Kept kept(self);
  const S stamps(kept);
  for (int o = 0; o < ops; ++o) {
    std::uint64_t now = state(o).load(std::memory_order_acquire);
    if (threads::epoch_of(now) != epoch) break;  // late: this run is over and the next one begun
    const int parts = threads::parts_of(now);
    if (threads::done_of(now) == parts) continue;
    if (claim_and_run(o, parts, epoch, self, stamps) == parts) continue;
    if (await_op(self, o, parts, epoch, absent, stamps) != parts) break;
    stamps.free();
    if (self == 0 && absent) bear_absence();
  }
  return absent;
}

/// Claims and runs, one by one, the parts of `op` that belong to `owner` and counts them; returns how many
/// parts are done in all, or -1 if none was claimed. A call for each op and thread would be felt: compilers inline one of
/// two copies, and with it the count of instructions would depend on what else is in the file.
template <class S>
[[gnu::always_inline]] inline int ThreadTeam::claim_and_run(int op, int parts, std::uint64_t epoch, int owner, S stamps) noexcept {
  const std::size_t base = static_cast<std::size_t>(op) * static_cast<std::size_t>(rounds_);
  Line* const lines = claims_.get() + static_cast<std::size_t>(owner) * own_lines_;
  unsigned ran = 0;
  std::size_t slot = base;
  for (int p = owner; p < parts; p += size_, ++slot) {
    std::atomic<std::uint64_t>& claim = lines[slot / 8].word[slot % 8];
    std::uint64_t seen = claim.load(std::memory_order_relaxed);
    if (seen >= epoch || !claim.compare_exchange_strong(seen, epoch, std::memory_order_relaxed)) continue;
    const TeamOp& todo = program_[op];  // safe only now: the claimed part keeps this run from ending
    todo.run(todo.args, {p, parts});
    stamps.ran(recorder_, op, p);
    ++ran;
  }
  if (ran == 0) return -1;
  return threads::done_of(state(op).fetch_add(ran, std::memory_order_acq_rel) + ran);
}

/// Waits until all parts of `op` are done, takes over what nobody claims. Returns `parts`, or -1 when the run
/// is over and the next one begun. `absent` says that parts had to be taken over in the op before: then
/// whoever has not claimed by now is taken to be still away and gets no grace; who is back has claimed while
/// this thread ran its own.
template <class S>
int ThreadTeam::await_op(int self, int op, int parts, std::uint64_t epoch, bool& absent, S stamps) noexcept {
  const std::atomic<std::uint64_t>& word = state(op);
  const auto take_over = [&] {
    bool any = false;
    for (int step = 1; step < size_; ++step) {
      stamps.free();
      any = claim_and_run(op, parts, epoch, (self + step) % size_, stamps) >= 0 || any;
    }
    return any;
  };
  bool looked = absent || oversubscribed_;  // claims are never given back, so one look at each is enough
  bool took = looked && take_over();
  threads::Clock::time_point start{};
  for (int spin = 1;; ++spin) {
    const std::uint64_t now = word.load(std::memory_order_acquire);
    if (threads::epoch_of(now) != epoch) return -1;
    if (threads::done_of(now) == parts) break;
    threads::relax();
    if (spin % threads::spins_per_look != 0) continue;
    if (start == threads::Clock::time_point{}) {
      start = threads::Clock::now();
      continue;
    }
    const int waited = threads::microseconds_since(start);
    if (!looked && waited >= threads::grace) {
      looked = true;
      took = take_over();
    }
    if (looked && waited >= threads::yield_after) ::sched_yield();
  }
  absent = took;
  return parts;
}

}  // namespace ttt
