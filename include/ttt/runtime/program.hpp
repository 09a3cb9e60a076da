// Program: a state's plan bound to memory, ready to step.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <ttt/runtime/op_tap.hpp>
#include <ttt/runtime/session.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// What one session contributes to a step.
struct BatchItem {
  Session* session = nullptr;
  std::span<const std::int32_t> tokens{};  ///< or `rows` for a model that does not begin with an embedding
  std::span<const std::int32_t> types{};   ///< of the tokens; empty: all 0
  const float* rows = nullptr;             ///< [row_count, input_width]
  int row_count = 0;
  enum class Logits { none, last, all } logits = Logits::last;  ///< of an encoder's pooler: the first row's, unless none
  int sequence_length = 0;  ///< the prompt's whole length when this is a chunk of it; 0 = up to this item's end
};

/// Rows of the residual stream after each module, for `--hidden` and numerics taps: called with the module's index
/// (-1: the input of the first module behind the embedding is not tapped apart) and its rows. Slower: the plan runs
/// module by module.
using Tap = std::function<void(int module, const float* rows, int row_count, int width)>;

/// The kernels of one state with their arguments, in the order of its plan. A Runner makes it; sessions that run with
/// it keep it. One step at a time, and programs that share an arena take turns.
class Program {
 public:
  /// On `arena` where it is large enough, else on one of its own. `owner` tells runners apart. Errors: out_of_memory.
  [[nodiscard]] static Result<std::shared_ptr<Program>> create(std::shared_ptr<const ModelState> state,
                                                               std::shared_ptr<Buffer> arena, const void* owner);
  ~Program();

  /// Whether a step of these items is possible; says nothing of whose sessions they are. Allocates only to refuse.
  [[nodiscard]] Result<void> check(std::span<const BatchItem> items) const;
  /// The pages that an item's session needs for it. Errors: kv_pages_exhausted. Allocates only to refuse.
  [[nodiscard]] Result<void> take_pages(const BatchItem& item) const {
    return item.session->take_pages(item.session->length() + count_of(item));
  }
  /// Requires: `check` and `take_pages` passed, and every session's state is this one's. Allocates nothing.
  /// `seconds`, `recorder`, `op_tap`: as in Runner::step.
  void run(std::span<const BatchItem> items, ThreadTeam& team, const Tap* tap, std::span<double> seconds = {},
           ThreadRecorder* recorder = nullptr, OpTap* op_tap = nullptr);

  [[nodiscard]] const ModelState& state() const { return *state_; }
  [[nodiscard]] const std::shared_ptr<const ModelState>& shared_state() const { return state_; }
  [[nodiscard]] const std::shared_ptr<Buffer>& arena() const { return arena_; }
  [[nodiscard]] const void* owner() const { return owner_; }
  /// Result rows of the last run.
  [[nodiscard]] const float* output() const { return output_; }
  [[nodiscard]] int output_rows() const { return output_rows_; }

 private:
  struct Call;
  Program() = default;
  /// Rows an item brings.
  [[nodiscard]] int count_of(const BatchItem& item) const;
  void bind();
  void prepare(std::span<const BatchItem> items);
  void run_tapped(std::size_t count, ThreadTeam& team, OpTap& tap);
  [[nodiscard]] float* buffer(Role role) const;

  std::shared_ptr<const ModelState> state_;
  std::shared_ptr<Buffer> arena_;
  const void* owner_ = nullptr;
  std::shared_ptr<KvPools> kv_pools_;  // held, so that they are there from load on
  std::vector<std::unique_ptr<Call>> calls_;  // by op
  std::vector<TeamOp> ops_;
  std::vector<kernels::Row> rows_;
  std::vector<kernels::Row> seen_;  // of an encoder: the same with their sequence's last position, up to which they see
  std::vector<std::int32_t> row_map_;
  std::vector<kernels::KvView> caches_;              // [attention module][session]
  std::vector<std::vector<const float*>> inv_freq_;  // [rotary embedding][session]
  std::vector<std::vector<float>> rope_scale_;
  /// What the ops' parts were last chosen for; `keys` in groups of positions.
  struct PartsFor {
    std::int32_t rows = 0, results = 0, sessions = 0, keys = 0;
    bool operator==(const PartsFor&) const = default;
  } parts_for_;
  void choose_parts(const PartsFor& step);
  const float* output_ = nullptr;
  int output_rows_ = 0;
  int step_rows_ = 0;
};

}  // namespace ttt
