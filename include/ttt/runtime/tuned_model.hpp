// TunedModel: a model whose hardware configuration can be changed while it runs.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/policy/path_policy.hpp>
#include <ttt/runtime/applied.hpp>
#include <ttt/runtime/runner.hpp>

namespace ttt {

class Recording;

/// The runner of a model, what its states are made from, and the way back. A change builds a new state: planned and
/// checked by the rules of loading, with the same sentences; only matrices whose format changes are packed anew from
/// the checkpoint, all other weights are shared. A refused change leaves everything as it was. Changes come from any
/// thread and take turns; steps wait only while the runner takes over the new state.
class TunedModel {
 public:
  /// Errors: those of `make_state` and Runner.
  [[nodiscard]] static Result<std::shared_ptr<TunedModel>> create(const StateInput& input,
                                                                  std::unique_ptr<const TensorSource> source,
                                                                  LoadOptions options);

  [[nodiscard]] const std::shared_ptr<Runner>& runner() const { return runner_; }
  /// Where the weights come from.
  [[nodiscard]] const TensorSource& source() const { return *source_; }
  /// Layers that paths count.
  [[nodiscard]] int layers() const { return layers_; }

  /// Turns the knobs that the policies name, all in one change; knobs left `automatic` stay as they are. An empty path,
  /// `model` and `*` are the whole model. Errors: layer_is_not_there, path_names_nothing,
  /// does_not_fit, those of `make_state` and Runner::adopt.
  [[nodiscard]] Result<Applied> apply(std::span<const PathPolicy> policies);
  /// The plan that `apply` of the same policies would run, with `threads` of them where that is no 0; nothing changes and
  /// nothing is packed. Errors: as `plan_state`, those of the rules among them.
  [[nodiscard]] Result<std::shared_ptr<const ModelState>> plan_with(std::span<const PathPolicy> policies,
                                                                    int threads = 0) const;
  /// A state of the same model beside the current one, for a runner of its own: on the current one's weights where they
  /// are packed alike; the others are packed anew, and live as long as it. `written`: with what the model's type says of
  /// policies. `like`: another such state, on whose weights it is in place of the current one's.
  /// Errors: does_not_fit, those of `make_state`.
  [[nodiscard]] Result<std::shared_ptr<const ModelState>> beside(const LoadOptions& options, bool written = true,
                                                                 std::shared_ptr<const ModelState> like = nullptr) const;
  /// The plan of `beside`. Errors: as `plan_state`, those of the rules among them.
  [[nodiscard]] Result<std::shared_ptr<const ModelState>> plan_of(const LoadOptions& options) const;
  /// Takes preset, policy and tuning of these options in place of its own, in one change. Errors: as `apply`.
  [[nodiscard]] Result<Applied> configure(const LoadOptions& options);
  /// `options()` with the policies over what they say.
  [[nodiscard]] LoadOptions options_with(std::span<const PathPolicy> policies) const {
    return with_policies(options(), policies);
  }
  /// What `verify` recorded of the reference last, for modules to be looked at again; null before the first time. It
  /// holds memory: `keep({})` lets it go.
  [[nodiscard]] std::shared_ptr<const Recording> recording() const;
  void keep(std::shared_ptr<const Recording> recording);
  /// Another preset; it lies below every knob that was turned. Errors: preset_unknown, and as `apply`.
  [[nodiscard]] Result<Applied> apply_preset(std::string_view name);
  /// Takes back the last change. The state before it is kept and comes back as it was; states further back are packed
  /// anew, to the same bytes. Errors: nothing_to_undo, and as `apply`.
  [[nodiscard]] Result<Applied> undo();
  /// The configuration that a module runs with, of several the first. Errors: layer_is_not_there, path_names_nothing.
  [[nodiscard]] Result<HardwareConfig> config(std::string_view path) const;
  /// What stands now: preset, policy, tuning, workload.
  [[nodiscard]] LoadOptions options() const;

  TunedModel(const TunedModel&) = delete;
  TunedModel& operator=(const TunedModel&) = delete;
  ~TunedModel() = default;

 private:
    /// Before a change.
  struct Step {
    LoadOptions options;
    std::shared_ptr<const ModelState> state;  ///< of the latest step only: a state holds memory
  };
  static constexpr std::size_t most_steps = 64;

  TunedModel() = default;
  [[nodiscard]] StateInput input() const { return {model_.view(), written_view_, own_activations_, max_position_, own_kernels_}; }
  [[nodiscard]] static bool is_whole(std::string_view path);
  /// `options` with the policies over what they say.
  [[nodiscard]] static LoadOptions with_policies(LoadOptions options, std::span<const PathPolicy> policies);
  [[nodiscard]] Result<Applied> change(const LoadOptions& options);
  [[nodiscard]] Result<Applied> change_and_remember(LoadOptions options);
  /// Bytes of all weights that this model's states hold.
  [[nodiscard]] std::int64_t weights_held();

  OwnedModel model_;  // as it was given: states may cut its runs
  std::vector<std::vector<WrittenConfig>> written_;
  std::vector<std::span<const WrittenConfig>> written_view_;
  std::vector<OwnActivationSource> own_activations_;
  int max_position_ = 0;
  std::span<const OwnKernelEntry> own_kernels_;
  int layers_ = 0;
  std::unique_ptr<const TensorSource> source_;
  std::vector<TensorSpec> tensors_;
  std::shared_ptr<Runner> runner_;

  mutable std::mutex mutex_;  // of what follows
  LoadOptions options_;
  std::vector<Step> steps_;
  std::shared_ptr<const Recording> recording_;
  std::vector<std::weak_ptr<const Buffer>> blocks_;
};

}  // namespace ttt
