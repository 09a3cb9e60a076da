// Definitions of tune_model_bench.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ttt/io/fnv.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/phase_cost.hpp>
#include <ttt/profile/probe.hpp>
#include <ttt/profile/processor.hpp>
#include <ttt/profile/profile.hpp>
#include <ttt/profile/tune_candidates.hpp>
#include <ttt/profile/tune_model_bench.hpp>
#include <ttt/profile/twins.hpp>
#include <ttt/runtime/random_ids.hpp>

namespace ttt {

namespace tune_benches {

inline constexpr double least_slice = 0.02;  ///< seconds: shorter ones are made of several steps
inline constexpr int most_steps = 64;        ///< of a slice

inline std::uint64_t fingerprint(const std::vector<float>& values) {
  std::uint64_t h = fnv_basis;
  for (const float v : values) {
    std::uint32_t bits;
    std::memcpy(&bits, &v, sizeof bits);
    h = fnv_with(h, bits);
  }
  return h;
}
/// Whether plans run as many rows at a time, and every op alike.
inline bool same_plan(const ModelState& a, const ModelState& b) { return a.arena.rows == b.arena.rows && runs_alike(a.ops, b.ops); }
inline Result<void> step(Runner& runner, Session& session, std::span<const std::int32_t> tokens, BatchItem::Logits logits, int sequence) {
  const BatchItem item{.session = &session, .tokens = tokens, .logits = logits, .sequence_length = sequence};
  const std::lock_guard turn(runner.turn());
  return runner.step({&item, 1});
}

}  // namespace tune_benches

TTT_INLINE Result<std::unique_ptr<ModelBench>> ModelBench::create(TunedModel& model, const TuneOptions& options) {
  const std::shared_ptr<const ModelState> state = model.runner()->shared_state();
  const auto impossible = [](const char* issue) {
    return make_error(ErrorKind::request, "tune_impossible", "model", issue, "tune a whole model that begins with an embedding");
  };
  if (state->encoder) return impossible("it is an encoder, which makes no logits that policies could be judged by");
  if (state->vocab == 0 || state->output != Role::logits) return impossible("it makes no logits of tokens, so that its numbers cannot be verified");
  std::unique_ptr<ModelBench> made(new ModelBench(model, options));
  ModelBench& b = *made;
  const int longest = state->max_position > 0 ? std::min(state->max_position, 4096) : 4096;
  const int asked = options.prompt > 0 ? options.prompt : options.goal == TuneGoal::throughput ? 256 : 128;
  b.prompt_ = std::min(asked, longest / 2);
  b.room_ = std::min(tune_benches::most_steps + 1, longest - b.prompt_);
  if (b.prompt_ < 1 || b.room_ < 2) return impossible("its context holds too few positions for a prompt and steps behind it");

  b.walk_ = random_ids(options.seed, static_cast<std::size_t>(b.prompt_ + b.room_), state->vocab);
  TTT_TRY(LogitsReference reference, LogitsReference::create(model, options.ids, options.seed));
  const int text = static_cast<int>(reference.ids().size());
  b.workload_ = {.batch = 1, .context = std::max(text, b.prompt_ + b.room_), .logits_rows = 32};
  b.model_identity_ = fmt::format("{:016x}", tune_benches::fingerprint(reference.logits()));
  b.reference_.emplace(std::move(reference));
  b.machine_identity_ = fmt::format("{}, {}, {} threads", processor_identity(), state->kernels->name, state->threads);
  return made;
}

TTT_INLINE double ModelBench::seconds() { return probing::now(); }
TTT_INLINE PolicySet ModelBench::given() { return {base_.preset, base_.policy, base_.tuning}; }

TTT_INLINE LoadOptions ModelBench::options_for(const PolicySet& set) const {
  LoadOptions o = base_;
  o.preset = set.preset.value_or(base_.preset);
  o.policy = set.whole;
  o.tuning = set.tuning;
  o.workload = workload_;
  return o;
}

TTT_INLINE Result<TuneLook> ModelBench::look(const PolicySet& set) {
  TTT_TRY(const std::shared_ptr<const ModelState> planned, model_.plan_of(options_for(set)));
  TuneLook out;
  out.bytes = planned->totals.peak;
  if (!best_.runner) return out;
  const std::shared_ptr<const ModelState> now = best_.runner->shared_state();
  out.same = tune_benches::same_plan(*planned, *now) && planned->totals == now->totals && planned->caches == now->caches;
  const double before = expected(*now);
  if (before > 0) out.expected = expected(*planned) / before;
  return out;
}

/// Seconds of a step or a prompt by the model of expected times; 0 before the machine's limits are known.
TTT_INLINE double ModelBench::expected(const ModelState& state) const {
  if (!rates_) return 0;
  PhaseSamples samples;
  samples.phase = options_.goal == TuneGoal::throughput ? Phase::prompt : Phase::decode;
  samples.tokens = options_.goal == TuneGoal::throughput ? prompt_ : 1;
  samples.depth = options_.goal == TuneGoal::throughput ? 0 : prompt_;
  for (int at = 0; at < samples.tokens; at += std::max(1, state.arena.rows))
    samples.steps.push_back(std::min(std::max(1, state.arena.rows), samples.tokens - at));
  double sum = 0;
  for (const OpCostOfPass& c : cost_of_pass(state.ops, *rates_, samples, room_)) sum += c.seconds;
  return sum;
}

TTT_INLINE Result<void> ModelBench::prepare(const PolicySet& set) {
  tried_ = {};  // its memory goes before more is taken
  Side side;
  side.set = set;
  TTT_TRY(std::shared_ptr<const ModelState> state,
          model_.beside(options_for(set), true, best_.runner ? best_.runner->shared_state() : nullptr));
  TTT_TRY(side.runner, Runner::create(std::move(state)));
  TTT_TRY(Session session, Session::create(side.runner->shared_state()));
  side.session.emplace(std::move(session));
  TTT_CHECK(prompt(side));
  const double start = seconds();
  if (options_.goal == TuneGoal::throughput) {
    TTT_CHECK(prompt(side));
    side.unit = seconds() - start;
  } else {
    const int count = std::min(3, room_ - 1);
    TTT_TRY(side.unit, slice(side, count));
  }
  tried_ = std::move(side);
  return {};
}

TTT_INLINE Result<LogitsDistance> ModelBench::distance() { return reference_->distance(*tried_.runner); }

TTT_INLINE Result<void> ModelBench::prompt(Side& side) const {
  Session& s = *side.session;
  s.reset();
  const int chunk = std::max(1, side.runner->state().arena.rows);
  for (int at = 0; at < prompt_; at += chunk) {
    const int count = std::min(chunk, prompt_ - at);
    TTT_CHECK(tune_benches::step(*side.runner, s, {walk_.data() + at, static_cast<std::size_t>(count)},
                                 at + count == prompt_ ? BatchItem::Logits::last : BatchItem::Logits::none, prompt_));
  }
  return {};
}

TTT_INLINE Result<double> ModelBench::slice(Side& side, int count) const {
  std::vector<double> times;
  if (options_.goal == TuneGoal::throughput) {
    for (int i = 0; i < count; ++i) {
      const double start = probing::now();
      TTT_CHECK(prompt(side));
      times.push_back(probing::now() - start);
    }
    return Spread::of(std::move(times)).median;
  }
  Session& s = *side.session;
  s.truncate(prompt_);
  // The first brings its weights back to the caches and wakes its threads: not counted.
  for (int i = 0; i <= count; ++i) {
    const double start = probing::now();
    TTT_CHECK(tune_benches::step(*side.runner, s, {walk_.data() + s.length(), 1}, BatchItem::Logits::last, s.length() + 1));
    if (i > 0) times.push_back(probing::now() - start);
  }
  return Spread::of(std::move(times)).median;
}

TTT_INLINE Result<std::array<double, 4>> ModelBench::round(bool b_first) {
  const double unit = std::max(1e-7, std::min(best_.unit, tried_.unit));
  const int most = options_.goal == TuneGoal::throughput ? 16 : room_ - 1;
  const int least = options_.goal == TuneGoal::throughput ? 1 : std::min(3, most);
  const int count = std::clamp(static_cast<int>(std::ceil(tune_benches::least_slice / unit)), least, most);
  std::array<double, 4> out{};
  Side &a = best_, &b = tried_;
  TTT_TRY(out[b_first ? 2 : 0], slice(b_first ? b : a, count));
  TTT_TRY(out[b_first ? 0 : 2], slice(b_first ? a : b, count));
  TTT_TRY(out[b_first ? 1 : 3], slice(b_first ? a : b, count));
  TTT_TRY(out[b_first ? 3 : 1], slice(b_first ? b : a, count));
  for (double& s : out) s = std::max(s, 1e-9);
  return out;
}

TTT_INLINE void ModelBench::adopt() {
  best_ = std::move(tried_);
  tried_ = {};
}

TTT_INLINE Result<std::vector<TuneCandidate>> ModelBench::candidates() {
  const std::shared_ptr<const ModelState> now = best_.runner->shared_state();
  if (const auto calibration = calibrated(*now->kernels, options_.calibration)) rates_ = rates_of(*calibration, now->threads);
  std::vector<TuneCandidate> out;
  // What a profile of the start sees, which expected times do not: kernels that are slower than they should be.
  if (const auto configured = model_.configure(options_for(best_.set))) {
    const ProfileOptions brief{.prompt = prompt_, .decode = std::min(8, room_), .repeat = 2, .seed = options_.seed, .calibration = options_.calibration};
    if (const auto report = profile(model_, brief)) out = tune_candidates(*report, options_.goal != TuneGoal::throughput);
    TTT_CHECK(model_.undo());
  }
  for (TuneCandidate& c : tune_candidates(*now, options_.goal))
    if (std::none_of(out.begin(), out.end(), [&](const TuneCandidate& o) { return o.policy == c.policy; })) out.push_back(std::move(c));
  const auto layers = layer_count(now->model.view());
  std::vector<std::shared_ptr<const ModelState>> plans{now};
  std::vector<TuneCandidate> different;
  for (TuneCandidate& c : out) {
    if (c.first < 0 && c.policy.starts_with("layers.*")) {
      c.first = 0;
      c.last = layers - 1;
    }
    const auto change = parse_policy(c.policy);
    if (!change) continue;
    if (const auto planned = model_.plan_of(options_for(merged(best_.set, *change))); planned) {
      const auto same = [&](const auto& plan) { return tune_benches::same_plan(*plan, **planned); };
      if (std::any_of(plans.begin(), plans.end(), same)) continue;  // another spelling of one that is there
      plans.push_back(*planned);
      const double bytes = static_cast<double>((*planned)->totals.peak) / static_cast<double>(now->totals.peak);
      const double before = expected(*now);
      double gain = before > 0 ? 1 - expected(**planned) / before : 0;
      if (options_.goal == TuneGoal::memory) gain = 1 - bytes;
      if (options_.goal == TuneGoal::accuracy) gain = std::max(0.0, bytes - 1) + 0.01;
      c.gain = c.advised ? std::max(c.gain, gain) : gain;
    }
    different.push_back(std::move(c));
  }
  return different;
}

}  // namespace ttt
