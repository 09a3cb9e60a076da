// Definitions of tuned_model.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/runtime/available_memory.hpp>
#include <ttt/runtime/preset_name.hpp>
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
  const ModelView view = m.model_.view();
  view.each([&](const ModuleSpec& spec, int, std::size_t run, std::size_t) { m.layers_ += view.is_layer(spec, run); });
  TTT_TRY(std::unique_ptr<Runner> runner, Runner::create(std::move(state)));
  m.runner_ = std::move(runner);
  return made;
}

TTT_INLINE Result<TunedModel::Place> TunedModel::place_of(std::string_view path) const {
  std::vector<std::string> known;
  std::optional<Place> found;
  const ModelView view = model_.view();
  view.each([&](const ModuleSpec& m, int index, std::size_t, std::size_t) {
    const std::string name = path_of(view, index);
    auto offer = [&](std::string spelled, Part part) {
      if (spelled == path) found = Place{index, part};
      known.push_back(std::move(spelled));
    };
    const bool layer = m.kind == ModuleKind::transformer_layer;
    offer(name, layer || !m.has_attention() ? layer || !m.has_mlp() ? Part::self : Part::mlp : Part::attention);
    if (!layer) return;
    offer(name + ".attention", Part::attention);
    offer(name + ".mlp", Part::mlp);
  });
  if (found) return *found;
  const std::string_view nearest = nearest_name(path, known);
  std::string suggestion = path.starts_with("layers.") && layers_ > 0
                               ? "layers are numbered from 0 to " + std::to_string(layers_ - 1)
                           : nearest.empty() ? "the first is " + in_quotes(known.front())
                                             : "the nearest is " + in_quotes(nearest);
  return make_error(ErrorKind::request, "module_unknown", std::string(path),
                    "none of the model's " + std::to_string(known.size()) + " modules and parts goes by that name",
                    std::move(suggestion));
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
  const std::int64_t packing = bytes_to_pack(*source_, next->request, tensors_, before);
  const std::int64_t arena = next->arena.total > now->arena.total ? next->arena.total : 0;
  const std::int64_t more = packing + (packing > 0 ? staging_bytes : 0) + arena;

  Applied applied;
  applied.peak = weights_held() + now->arena.total + std::max(now->totals.kv, next->totals.kv) + more;
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

  TTT_TRY(next->weights, load_weights(*source_, next->request, tensors_, {}, before));
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

TTT_INLINE Result<Applied> TunedModel::apply(std::span<const PathPolicy> policies) {
  // Ranges and wildcards are the plan's to read.
  const auto names_one = [](const std::string& path) {
    const std::size_t dash = path.find('-');
    return path.find('*') == std::string::npos && (dash == std::string::npos || dash == 0 || path[dash - 1] == '.');
  };
  for (const PathPolicy& p : policies)
    if (!is_whole(p.path) && names_one(p.path)) TTT_CHECK(place_of(p.path));
  const std::lock_guard lock(mutex_);
  LoadOptions options = options_;
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
  return change_and_remember(std::move(options));
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
    applied.peak = weights_held() + runner_->state().arena.total + step.state->totals.kv;
    TTT_CHECK(runner_->adopt(step.state));
    options_ = std::move(step.options);
  } else {
    TTT_TRY(applied, change(step.options));
  }
  steps_.pop_back();
  return applied;
}

TTT_INLINE Result<HardwareConfig> TunedModel::config(std::string_view path) const {
  TTT_TRY(const Place place, place_of(path));
  const ModuleConfig c = runner_->shared_state()->config(place.module);
  return place.part == Part::attention ? c.attention : place.part == Part::mlp ? c.mlp : c.self;
}

TTT_INLINE LoadOptions TunedModel::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

}  // namespace ttt
