// Scheduler: many texts through one model, in the same steps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/runtime/generation.hpp>

namespace ttt {

/// How a scheduler fills its steps. `step_tokens`: tokens of one step, decoding and prompts together; 0 = the plan's chunk.
/// `prompt_tokens`: of them, those of prompts while others decode, so that a long prompt does not hold these up; 0 = as many
/// as there is room for. `most_waiting`: texts that may wait.
struct SchedulerOptions {
  int step_tokens = 0;
  int prompt_tokens = 32;
  int most_waiting = 1 << 16;
  GenerateOptions defaults{};         ///< `sampling` and `eos` of requests that leave theirs out
  std::optional<std::int32_t> bos{};  ///< what an empty text begins with, where the tokenizer puts nothing in front
};

/// What a scheduler has done.
struct SchedulerStats {
  std::int64_t steps = 0;
  std::int64_t prompt_tokens = 0;   ///< read, those of preempted texts again
  std::int64_t decoded_tokens = 0;  ///< steps of one token
  std::int64_t preempted = 0;       ///< texts that gave their pages to others and began again
  int running = 0;
  int waiting = 0;
};

/// Called with each piece of a text, from the thread that drives; false ends the text.
using PieceCallback = std::function<bool(std::string_view)>;

class ScheduledText;

/// Texts wait in a queue, are taken up to the plan's batch, read their prompts in chunks beside the decoding of the others,
/// and leave when they end; whoever waits takes the place. All in the runner's one entry, `step(batch)`.
///
/// No thread belongs to it: whoever waits for a piece, or calls `run`, drives it, one at a time, any thread. A text that
/// fails ends with its own error and disturbs no other. What a text says does not depend on who shares its steps, beyond
/// the kernels' stated error.
///
/// Where keys and values lie in pages and none is free, the text that came last gives up its own and begins again when
/// there is room, from its prompt and what it has said. Text that is out stays out.
class Scheduler : public std::enable_shared_from_this<Scheduler> {
 public:
  /// `tokenizer` may be absent: then ids go in, and only ids come. Errors: scheduler_out_of_range.
  [[nodiscard]] static Result<std::shared_ptr<Scheduler>> create(std::shared_ptr<Runner> runner,
                                                                 std::optional<Tokenizer> tokenizer = {},
                                                                 SchedulerOptions options = {});

  /// Puts a text into the queue, from any thread. With a callback, pieces go there; without, `ScheduledText::next` gives
  /// them. Errors: queue_full, token_out_of_range, tokenizer_missing, those of Course and of Tokenizer::encode.
  [[nodiscard]] Result<ScheduledText> submit(std::string_view prompt, GenerateOptions options = {}, PieceCallback piece = {});
  [[nodiscard]] Result<ScheduledText> submit_ids(std::vector<std::int32_t> prompt, GenerateOptions options = {},
                                                 PieceCallback piece = {});

  /// Drives until nothing runs and nothing waits. Does nothing when called from a callback.
  void run();
  /// Drives one step, or waits for the step that another thread drives. False when nothing is left to do.
  bool step();
  [[nodiscard]] SchedulerStats stats() const;

  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  ~Scheduler();

 private:
  friend class ScheduledText;
  struct Text;
  class Rounds;  // the state, and what a step does
  Scheduler();
  std::unique_ptr<Rounds> rounds_;
};

/// A text in a scheduler. Letting go of it ends it, unless its pieces go to a callback. Not for two threads at once.
class ScheduledText {
 public:
  /// The characters that have come since the last call, or nullopt at the end; drives the scheduler while there are none.
  /// From a callback: what there is, without driving.
  [[nodiscard]] std::optional<std::string> next();
  /// Waits for the end, driving; what `next` has not given stays.
  void wait();
  /// Ends it before its next step; from any thread.
  void cancel();
  [[nodiscard]] bool ended() const;

  // When it has ended:
  /// Null unless it failed.
  [[nodiscard]] const Error* error() const;
  [[nodiscard]] GenerationStats stats() const;
  [[nodiscard]] std::vector<std::int32_t> new_ids() const;

  ScheduledText(ScheduledText&&) noexcept = default;
  ScheduledText& operator=(ScheduledText&&) noexcept;
  ~ScheduledText();

 private:
  friend class Scheduler;
  ScheduledText(std::shared_ptr<Scheduler> scheduler, std::shared_ptr<Scheduler::Text> text)
      : scheduler_(std::move(scheduler)), text_(std::move(text)) {}
  void let_go();
  std::shared_ptr<Scheduler> scheduler_;
  std::shared_ptr<Scheduler::Text> text_;
};

}  // namespace ttt
