// Runner: executes a state's plan. One entry, `step`, for prompt chunks, decoding and batches alike.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <ttt/runtime/session.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// What one session contributes to a step.
struct BatchItem {
  Session* session = nullptr;
  std::span<const std::int32_t> tokens{};  ///< or `rows` for a model that does not begin with an embedding
  const float* rows = nullptr;             ///< [row_count, input_width]
  int row_count = 0;
  enum class Logits { none, last, all } logits = Logits::last;
  int sequence_length = 0;  ///< the prompt's whole length when this is a chunk of it; 0 = up to this item's end
};

/// Rows of the residual stream after each module, for `--hidden` and numerics taps: called with the module's index
/// (-1: the input of the first module behind the embedding is not tapped apart) and its rows. Slower: the plan runs
/// module by module.
using Tap = std::function<void(int module, const float* rows, int row_count, int width)>;

/// The arena, the threads and the kernels' arguments. Steps from several threads take turns.
class Runner {
 public:
  /// Errors: out_of_memory, threads_*.
  [[nodiscard]] static Result<std::unique_ptr<Runner>> create(std::shared_ptr<const ModelState> state);
  ~Runner();

  /// Runs the items' tokens through the model and appends them to their sessions. Afterwards `output()` holds the
  /// rows asked for, in the order of the items. Allocates nothing. A refused step changes nothing.
  ///
  /// Errors: batch_too_large (more sessions or tokens than the plan's), context_full, token_out_of_range,
  /// wrong_state, empty_step.
  [[nodiscard]] Result<void> step(std::span<const BatchItem> items, const Tap* tap = nullptr);

  /// Result rows of the last step: [output_rows(), output_width] fp32; valid until the next step.
  [[nodiscard]] const float* output() const { return output_; }
  [[nodiscard]] int output_rows() const { return output_rows_; }
  [[nodiscard]] const ModelState& state() const { return *state_; }
  [[nodiscard]] const std::shared_ptr<const ModelState>& shared_state() const { return state_; }
  [[nodiscard]] ThreadTeam& team() { return *team_; }
  /// Held by whoever steps and reads the output, when several threads share the runner.
  [[nodiscard]] std::mutex& turn() { return turn_; }

 private:
  struct Call;
  Runner() = default;
  /// Rows an item brings.
  [[nodiscard]] int count_of(const BatchItem& item) const;
  [[nodiscard]] Result<void> check(std::span<const BatchItem> items) const;
  void bind();
  void prepare(std::span<const BatchItem> items);
  [[nodiscard]] float* buffer(Role role) const;

  std::shared_ptr<const ModelState> state_;
  std::unique_ptr<ThreadTeam> team_;
  Buffer arena_;
  std::vector<std::unique_ptr<Call>> calls_;  // by op
  std::vector<TeamOp> program_;
  std::vector<kernels::Row> rows_;
  std::vector<std::int32_t> row_map_;
  std::vector<kernels::KvView> caches_;              // [attention module][session]
  std::vector<std::vector<const float*>> inv_freq_;  // [rotary embedding][session]
  std::vector<std::vector<float>> rope_scale_;
  const float* output_ = nullptr;
  int output_rows_ = 0;
  std::mutex turn_;
};

}  // namespace ttt
