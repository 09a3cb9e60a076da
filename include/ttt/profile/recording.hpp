// Recording: what the ops of a model made of some tokens, to compare with and to feed modules with.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// The ops of one module in a plan: `layers.3.attention`, `head`.
struct ModuleOps {
  std::string path;
  int layer = -1;           ///< -1: none
  std::string module;       ///< the path's last word
  std::size_t first = 0, last = 0;  ///< ops, both included
  int width = 0;            ///< of the rows it gives
  bool adds = false;        ///< to the residual stream: what it gives is the sum less what was there before
};
/// All modules in the order of the plan; tables of rotary angles belong to none.
[[nodiscard]] std::vector<ModuleOps> modules_of(const ModelState& state);

/// Rows of the values that ops write, one row a token. Numbers of ops are the same in all plans of one model.
class Recording {
 public:
  enum class Kind : std::uint8_t {
    value,         ///< what the op wrote: the residual stream, queries, a hidden layer, logits
    contribution,  ///< what a module added to the residual stream; the op is its last
    normed         ///< the stream behind the final norm, which plans fuse into the head; the op is the head
  };
  struct Entry {
    Kind kind;
    std::size_t op;
    Role role;
    int width;
    Buffer rows;
  };

  std::vector<std::int32_t> ids;
  int decode = 0;      ///< of the ids, given one by one at the end; the others came as a prompt
  std::string source;  ///< what made it

  [[nodiscard]] std::int64_t tokens() const { return static_cast<std::int64_t>(ids.size()); }
  /// Room for a value of every token. Requires: `ids` are set. Errors: out_of_memory.
  [[nodiscard]] Result<float*> add(Kind kind, std::size_t op, Role role, int width);
  /// [tokens, width], or null.
  [[nodiscard]] const float* find(std::size_t op, Role role, Kind kind = Kind::value) const;
  [[nodiscard]] float* find(std::size_t op, Role role, Kind kind = Kind::value);
  /// The stream as it stands before an op: what the last op that wrote its input left. Null where that is not held.
  [[nodiscard]] const float* before(const ModelState& state, std::size_t op) const;
  [[nodiscard]] std::span<const Entry> entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// What a run of tokens through a model keeps, and what it is fed with.
struct RecordHow {
  bool inner = true;                   ///< queries, keys, values and hidden layers too
  const Recording* inputs = nullptr;   ///< given to every module whose input it holds, in place of the model's own
  std::span<const char> only{};        ///< by op: others do not run, but embeddings and rotary angles; empty: all
  Progress progress{};
};

/// Runs tokens through a model, all but the last `decode` of them as a prompt, and records. `out.ids` and `out.decode` say
/// which. Errors: does_not_fit (what is to be kept is more than there is), those of Runner::step.
[[nodiscard]] Result<void> record(Runner& runner, Recording& out, const RecordHow& how = {});

/// A runner of the model's own plan under other options, beside it and on its weights, for one sequence of so many tokens
/// whose logits are all wanted. Errors: those of TunedModel::beside and Runner.
[[nodiscard]] Result<std::unique_ptr<Runner>> runner_beside(const TunedModel& model, LoadOptions options,
                                                            std::int64_t tokens, bool written = true);

}  // namespace ttt
