// Definitions of tuned_model.hpp.
#pragma once

#include <algorithm>
#include <optional>

#include <ttt/checks/paths.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/available_memory.hpp>
#include <ttt/policy/preset_name.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

TTT_INLINE Result<std::shared_ptr<TunedModel>> TunedModel::create(const StateInput& input,
                                                                  std::unique_ptr<const TensorSource> source,
                                                                  LoadOptions options) {
  std::shared_ptr<TunedModel> made(new TunedModel);
  TunedModel& m = *made;
  m.model_ = OwnedModel(input.model);
  for (const auto& run : input.written) m.written_.emplace_back(run.begin(), run.end());
  for (const auto& run : m.written_) m.written_view_.emplace_back(run);
  m.own_activations_ = input.own_activations;
  m.max_position_ = input.max_position;
  m.own_kernels_ = input.own_kernels;
  m.source_ = std::move(source);
  if (options.kernels == nullptr) options.kernels = input.kernels;
  TTT_TRY(std::shared_ptr<const ModelState> state, make_state(m.input(), *m.source_, options));
  // What loading chose by itself stays chosen.
  options.isa = state->kernels->name;
  options.threads = state->threads;
  options.workload = state->request.workload;
  options.progress = {};
  m.options_ = std::move(options);
  m.tensors_ = tensors_for(m.model_.view(), *m.source_, m.options_);
  m.layers_ = layer_count(m.model_.view());
  TTT_TRY(std::unique_ptr<Runner> runner, Runner::create(std::move(state)));
  m.runner_ = std::move(runner);
  return made;
}

TTT_INLINE std::int64_t TunedModel::weights_held() {
  std::int64_t bytes = 0;
  std::erase_if(blocks_, [](const auto& block) { return block.expired(); });
  for (const std::shared_ptr<const Buffer>& block : runner_->shared_state()->weights.blocks) {
    auto same = [&](const auto& known) { return !known.owner_before(block) && !block.owner_before(known); };
    if (std::none_of(blocks_.begin(), blocks_.end(), same)) blocks_.push_back(block);
  }
  for (const auto& known : blocks_)
    if (const auto block = known.lock()) bytes += static_cast<std::int64_t>(block->size());
  return bytes;
}

TTT_INLINE Result<Applied> TunedModel::change(const LoadOptions& options) {
  const std::shared_ptr<const ModelState> now = runner_->shared_state();
  TTT_TRY(const std::shared_ptr<ModelState> next, plan_state(input(), now->request.stored, options));
  const PackedBefore before{&now->weights, &now->request};
  const std::int64_t packing = packed_layout(*source_, next->request, tensors_, before, next->engine).bytes();
  const std::int64_t arena = next->arena.total > now->arena.total ? next->arena.total : 0;
  const std::int64_t more = packing + (packing > 0 ? staging_bytes(packing) : 0) + arena;

  // Sessions of one form leave what they had before they take the other; pages are there at once, and until the last
  // session that holds some has left.
  const bool alike = same_caches(*now, *next);
  if (alike) next->kv_pools = now->kv_pools;
  const bool pages = !now->kv_pools->plans().empty() || !next->kv_pools->plans().empty();
  const std::int64_t kv =
      pages && !alike ? now->totals.kv + next->totals.kv : std::max(now->totals.kv, next->totals.kv);

  Applied applied;
  applied.peak = weights_held() + now->arena.total + kv + more;
  const std::int64_t limit = next->request.device.memory_bytes;
  if (limit > 0 && applied.peak > limit)
    return make_error(ErrorKind::memory, "does_not_fit", "model",
                      "the change needs " + std::to_string(applied.peak) + " bytes while old and new weights are held (" +
                          std::to_string(packing) + " packed anew), and " + std::to_string(limit) + " are available",
                      "change fewer modules at once, or load the model with this policy from the start");
  if (const std::int64_t there = available_memory(); there > 0 && more > there)
    return make_error(ErrorKind::memory, "does_not_fit", "model",
                      "the change needs " + std::to_string(more) + " bytes more, and the machine has " +
                          std::to_string(there) + " left",
                      "change fewer modules at once, or load the model with this policy from the start");

  TTT_TRY(next->weights, load_weights(*source_, next->request, tensors_, {.engine = next->engine}, before));
  next->lineage = now->lineage;
  applied.bytes_repacked = next->weights.bytes_packed;
  applied.bytes_shared = next->totals.weights - applied.bytes_repacked;
  applied.tensors_repacked = next->weights.matrices_packed;
  TTT_CHECK(runner_->adopt(next));
  options_ = options;
  return applied;
}

TTT_INLINE Result<Applied> TunedModel::change_and_remember(LoadOptions options) {
  Step step{options_, runner_->shared_state()};
  TTT_TRY(const Applied applied, change(options));
  if (!steps_.empty()) steps_.back().state.reset();
  if (steps_.size() == most_steps) steps_.erase(steps_.begin());
  steps_.push_back(std::move(step));
  return applied;
}

TTT_INLINE bool TunedModel::is_whole(std::string_view path) { return path.empty() || path == "model" || path == "*"; }

TTT_INLINE LoadOptions TunedModel::with_policies(LoadOptions options, std::span<const PathPolicy> policies) {
  for (const PathPolicy& p : policies) {
    if (is_whole(p.path)) {
      options.policy = merged(options.policy, p.config);
      continue;
    }
    // Behind all others, so that it wins over them; what it covers of an earlier one of its path is not kept twice.
    std::erase_if(options.tuning, [&](const PathPolicy& old) {
      return old.path == p.path && merged(old.config, p.config) == p.config;
    });
    options.tuning.push_back(p);
  }
  return options;
}

TTT_INLINE Result<Applied> TunedModel::apply(std::span<const PathPolicy> policies) {
  const std::lock_guard lock(mutex_);
  return change_and_remember(with_policies(options_, policies));
}

TTT_INLINE Result<std::shared_ptr<const ModelState>> TunedModel::plan_with(std::span<const PathPolicy> policies,
                                                                           int threads) const {
  LoadOptions changed = with_policies(options(), policies);
  if (threads > 0) changed.threads = threads;
  return plan_of(changed);
}

TTT_INLINE Result<std::shared_ptr<const ModelState>> TunedModel::plan_of(const LoadOptions& options) const {
  TTT_TRY(std::shared_ptr<const ModelState> planned, plan_state(input(), runner_->shared_state()->request.stored, options));
  return planned;
}
TTT_INLINE Result<Applied> TunedModel::configure(const LoadOptions& options) {
  const std::lock_guard lock(mutex_);
  LoadOptions changed = options_;
  changed.preset = options.preset;
  changed.policy = options.policy;
  changed.tuning = options.tuning;
  return change_and_remember(std::move(changed));
}

TTT_INLINE Result<std::shared_ptr<const ModelState>> TunedModel::beside(const LoadOptions& options, bool written,
                                                                        std::shared_ptr<const ModelState> like) const {
  const std::shared_ptr<const ModelState> now = like ? std::move(like) : runner_->shared_state();
  StateInput described = input();
  if (!written) described.written = {};
  TTT_TRY(const std::shared_ptr<ModelState> next, plan_state(described, now->request.stored, options));
  const PackedBefore before{&now->weights, &now->request};
  const std::int64_t packing = packed_layout(*source_, next->request, tensors_, before, next->engine).bytes();
  const std::int64_t more = packing + (packing > 0 ? staging_bytes(packing) : 0) + next->arena.total + next->totals.kv;
  if (const std::int64_t there = available_memory(); there > 0 && more > there)
    return make_error(ErrorKind::memory, "does_not_fit", "model",
                      "a second configuration beside the model needs " + std::to_string(more) +
                          " bytes more, and the machine has " + std::to_string(there) + " left",
                      "use a smaller model, or a machine with more memory");
  TTT_TRY(next->weights, load_weights(*source_, next->request, tensors_, {.engine = next->engine}, before));
  next->lineage = now->lineage;
  return std::shared_ptr<const ModelState>(next);
}

TTT_INLINE std::shared_ptr<const Recording> TunedModel::recording() const {
  const std::lock_guard lock(mutex_);
  return recording_;
}
TTT_INLINE void TunedModel::keep(std::shared_ptr<const Recording> recording) {
  const std::lock_guard lock(mutex_);
  recording_.swap(recording);
}

TTT_INLINE Result<Applied> TunedModel::apply_preset(std::string_view name) {
  TTT_TRY(const Preset preset, preset_named(name));
  const std::lock_guard lock(mutex_);
  LoadOptions options = options_;
  options.preset = preset;
  return change_and_remember(std::move(options));
}

TTT_INLINE Result<Applied> TunedModel::undo() {
  const std::lock_guard lock(mutex_);
  if (steps_.empty())
    return make_error(ErrorKind::request, "nothing_to_undo", "model", "no change has been made since it was loaded",
                      "call undo() after apply_hw_config or apply_optimization_preset");
  Step& step = steps_.back();
  Applied applied;
  if (step.state) {
    applied.bytes_shared = step.state->totals.weights;
    applied.peak = weights_held() + runner_->shared_state()->arena.total + step.state->totals.kv;
    TTT_CHECK(runner_->adopt(step.state));
    options_ = std::move(step.options);
  } else {
    TTT_TRY(applied, change(step.options));
  }
  steps_.pop_back();
  return applied;
}

TTT_INLINE Result<HardwareConfig> TunedModel::config(std::string_view path) const {
  const PathPolicy asked{is_whole(path) ? "model" : std::string(path), {}};
  TTT_CHECK(check_paths(model_.view(), {&asked, 1}));
  const PathPattern pattern = path_pattern(asked.path);
  std::optional<int> first;
  each_place(model_.view(), [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t, std::size_t, int index) {
    if (!first && names(pattern, m, at)) first = index;
  });
  const ModuleSpec& m = model_.view().module(*first);
  const ModuleConfig c = runner_->shared_state()->config(*first);
  // An attention or a feed-forward network alone has one part.
  if (m.kind == ModuleKind::attention) return c.attention;
  return m.kind == ModuleKind::mlp ? c.mlp : c.of(pattern.part);
}

TTT_INLINE LoadOptions TunedModel::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

}  // namespace ttt
