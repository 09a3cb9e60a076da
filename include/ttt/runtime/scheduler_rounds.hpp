// What a scheduler holds and what a step of it does.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include <ttt/runtime/course.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/scheduler.hpp>

namespace ttt {

/// Course, session and pieces belong to whoever drives; `ready` and `over` to the mutex; while it waits all of it does.
struct Scheduler::Text {
  using Clock = std::chrono::steady_clock;

  Text(Course c, PieceCallback p) : course(std::move(c)), piece(std::move(p)) {}
  /// Seconds since the last call, or since it was made.
  double lap() {
    const Clock::time_point before = std::exchange(since, Clock::now());
    return std::chrono::duration<double>(since - before).count();
  }
  /// Tokens that its session does not hold yet.
  [[nodiscard]] int left() const { return static_cast<int>(course.ids().size()) - session->length(); }

  Course course;
  PieceCallback piece;
  std::optional<Session> session;  // while it runs
  Clock::time_point since = Clock::now();
  std::string said;   // pieces that nobody has been given
  std::string ready;  // pieces for `next`
  bool over = false;
  std::atomic<bool> cancelled = false;
};

class Scheduler::Rounds {
 public:
  using TextPtr = std::shared_ptr<Text>;

  Rounds(std::shared_ptr<Runner> r, std::optional<Tokenizer> t, SchedulerOptions o)
      : runner(std::move(r)), tokenizer(std::move(t)), options(std::move(o)) {
    const auto batch = static_cast<std::size_t>(runner->shared_state()->request.workload.batch);
    running.reserve(batch);
    spare.reserve(batch);
    items.reserve(batch);
    alike.reserve(batch);
    stepping.reserve(batch);
    telling.reserve(batch);
    choosing.reserve(batch);
    chosen.resize(batch);
  }

  [[nodiscard]] Result<TextPtr> submit(std::vector<std::int32_t> prompt, GenerateOptions how, PieceCallback piece);
  bool step();
  void cancel(Text& text);
  [[nodiscard]] bool left() const { return !waiting.empty() || !running.empty() || !telling.empty(); }

  std::shared_ptr<Runner> runner;
  std::optional<Tokenizer> tokenizer;
  SchedulerOptions options;

  std::mutex mutex;  // of all below but what a round alone needs; `running` changes under it, by the driver
  std::condition_variable changed;
  std::deque<TextPtr> waiting;
  std::vector<TextPtr> running;  // in the order in which they were taken
  SchedulerStats stats;
  bool driving = false;
  pthread_t driver{};

 private:
  void round();
  void sweep();
  void admit();
  [[nodiscard]] bool pages_for(const Text& text) const;
  void step_all();
  void step_alike(const ModelState& state);
  void fill(const ModelState& state);
  [[nodiscard]] bool run_items();
  [[nodiscard]] bool give_way(const Error& why);
  void choose();
  static void choose_part(const void* rounds, kernels::Part part) noexcept;
  void take_out(std::size_t at);
  void tell();

  // Of a round.
  std::vector<TextPtr> telling;      // texts with something to say; kept over a callback that throws
  std::vector<Session> spare;
  std::vector<Text*> alike;          // texts of one state
  std::vector<Text*> stepping;       // those of `items`
  std::vector<BatchItem> items;
  std::vector<Text*> choosing;       // those whose row of logits is there, in order
  std::vector<std::optional<std::int32_t>> chosen;
  std::vector<const ModelState*> done;  // states whose texts are stepped
  std::int64_t rounds = 0;
};

}  // namespace ttt
