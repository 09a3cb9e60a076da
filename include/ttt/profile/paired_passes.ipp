// Definitions of paired_passes.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/paired_passes.hpp>
#include <ttt/profile/paired_test.hpp>
#include <ttt/profile/spread.hpp>

namespace ttt {

namespace paired_passes {

inline std::vector<double> log_ratios(const std::vector<double>& of, const std::vector<double>& by) {
  std::vector<double> out;
  for (std::size_t i = 0; i < of.size(); ++i) out.push_back(std::log(std::max(of[i], 1e-9) / std::max(by[i], 1e-9)));
  return out;
}

}  // namespace paired_passes

TTT_INLINE TimeRatio PhasePairs::ratio() const {
  const Shift s = shift_of(paired_passes::log_ratios(after, before));
  return {std::exp(s.median), std::exp(s.low), std::exp(s.high)};
}
TTT_INLINE bool PhasePairs::faster(double by, double level) const {
  return ratio().median <= 1 - by && signed_rank_p(paired_passes::log_ratios(after, before)) <= level;
}
TTT_INLINE bool PhasePairs::slower(double by, double level) const {
  return ratio().median >= 1 + by && signed_rank_p(paired_passes::log_ratios(before, after)) <= level;
}

TTT_INLINE Result<PassRunner> PassRunner::create(std::shared_ptr<const ModelState> state, const ProfileOptions& passes) {
  constexpr double least_s = 0.03, steps_s = 0.25;  // of a measurement, and of its decoding steps at most
  constexpr int least_steps = 4, most_rounds = 8;
  TTT_TRY(std::unique_ptr<Runner> runner, Runner::create(std::move(state)));
  TTT_TRY(measuring::Walk walk, measuring::Walk::create(*runner, passes, {}));
  PassRunner r(std::move(runner), std::move(walk));
  r.steps_ = std::min(least_steps, r.walk_.decode_tokens());
  TTT_TRY([[maybe_unused]] const PassTimes cold, r.run());
  TTT_TRY(const PassTimes warm, r.run());
  const double step = std::max(1e-7, warm.decode_ms / 1e3);
  r.steps_ = static_cast<int>(std::clamp(steps_s / step, static_cast<double>(r.steps_), static_cast<double>(r.walk_.decode_tokens())));
  const double round = warm.prompt_ms / 1e3 + r.steps_ * step;
  r.rounds_ = static_cast<int>(std::clamp(std::ceil(least_s / round), 1.0, static_cast<double>(most_rounds)));
  return r;
}

TTT_INLINE Result<PassTimes> PassRunner::run() {
  std::vector<double> prompts, steps;
  for (int round = 0; round < rounds_; ++round) {
    TTT_TRY(const double prompt, walk_.prompt(nullptr));
    prompts.push_back(1e3 * prompt);
    for (int i = 0; i < steps_; ++i) {
      TTT_TRY(const double step, walk_.decode(nullptr));
      steps.push_back(1e3 * step);
    }
  }
  return PassTimes{Spread::of(std::move(prompts)).median, Spread::of(std::move(steps)).median};
}

TTT_INLINE Result<void> PairedPasses::add(PassRunner& without, PassRunner& with) {
  const bool with_first = count() % 2 == 0;
  PassTimes times[2];  // without, with
  for (const bool first : {true, false}) {
    const bool changed = first == with_first;
    TTT_TRY(times[changed ? 1 : 0], (changed ? with : without).run());
  }
  prompt.before.push_back(times[0].prompt_ms);
  prompt.after.push_back(times[1].prompt_ms);
  decode.before.push_back(times[0].decode_ms);
  decode.after.push_back(times[1].decode_ms);
  return {};
}

TTT_INLINE PassTimes PairedPasses::before() const { return {Spread::of(prompt.before).median, Spread::of(decode.before).median}; }
TTT_INLINE PassTimes PairedPasses::after() const { return {Spread::of(prompt.after).median, Spread::of(decode.after).median}; }

}  // namespace ttt
