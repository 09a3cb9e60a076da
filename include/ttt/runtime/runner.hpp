// Runner: steps sessions through a model. One entry, `step`, for prompt chunks, decoding and batches alike.
#pragma once

#include <memory>
#include <mutex>
#include <span>

#include <ttt/runtime/program.hpp>
#include <ttt/runtime/turn.hpp>

namespace ttt {

/// The arena, the threads and the kernels' arguments. Steps from several threads take turns.
///
/// A runner has one current state. `adopt` gives it another of the same model; a session goes over to it at its next
/// step if the caches of both are made alike (KV dtype, form and page of every attention), or if it is empty; any
/// other keeps its state until it is reset.
class Runner {
 public:
  /// Errors: out_of_memory, threads_*.
  [[nodiscard]] static Result<std::unique_ptr<Runner>> create(std::shared_ptr<const ModelState> state);

  /// Runs the items' tokens through the model and appends them to their sessions. Afterwards `output()` holds the
  /// rows asked for, in the order of the items. Allocates nothing, but for an empty session whose caches the current
  /// state makes differently. A refused step changes nothing.
  ///
  /// Errors: batch_too_large (more sessions or tokens than the plan's), context_full, token_out_of_range,
  /// wrong_state, mixed_states (some sessions keep an older state), empty_step, kv_pages_exhausted, out_of_memory.
  ///
  /// `seconds`: how long each op of the state took, for measurements; one number an op, in the order of `ModelState::ops`.
  /// Ops are then run one by one, which takes some microseconds more, and the tap is not called.
  /// `recorder`: keeps when each part of each op ran, of a step without `tap` and `seconds`, which runs as it always does.
  /// `op_tap`: called around every op, of a step without the others.
  [[nodiscard]] Result<void> step(std::span<const BatchItem> items, const Tap* tap = nullptr,
                                  std::span<double> seconds = {}, ThreadRecorder* recorder = nullptr,
                                  OpTap* op_tap = nullptr);

  /// Result rows of the last step: [output_rows(), output_width] fp32; valid until the next step or `adopt`.
  [[nodiscard]] const float* output() const { return output_; }
  [[nodiscard]] int output_rows() const { return output_rows_; }

  /// The current state. Valid until `adopt`; a program whose threads reconfigure the model holds `shared_state()`.
  [[nodiscard]] const ModelState& state() const { return *shared_state(); }
  [[nodiscard]] std::shared_ptr<const ModelState> shared_state() const;
  /// The state that the next step of this session runs in. Requires: the turn is held, where threads reconfigure.
  [[nodiscard]] const ModelState& state_for(const Session& session) const;

  /// Makes `state` the current one; waits for the turn. Either done, or nothing has changed.
  /// Errors: wrong_state (a state of another loaded model), out_of_memory, threads_*.
  [[nodiscard]] Result<void> adopt(std::shared_ptr<const ModelState> state);

  [[nodiscard]] ThreadTeam& team() { return *team_; }
  /// Held by whoever steps and reads the output, when several threads share the runner.
  [[nodiscard]] Turn& turn() { return turn_; }

 private:
  Runner() = default;
  /// The program a session's next step runs in; null when the session belongs elsewhere.
  [[nodiscard]] const std::shared_ptr<Program>* program_for(const Session& session) const;
  [[nodiscard]] std::shared_ptr<Program> current() const;

  std::unique_ptr<ThreadTeam> team_;
  std::shared_ptr<Program> current_;   // changed by who holds both mutexes
  mutable std::mutex current_mutex_;
  const float* output_ = nullptr;
  int output_rows_ = 0;
  Turn turn_;
};

}  // namespace ttt
