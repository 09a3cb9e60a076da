// Definitions of tune_identity.hpp.
#pragma once

#include <fmt/format.h>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/tune_identity.hpp>

namespace ttt {

TTT_INLINE TuneFloor floor_of(const TuneOptions& options) {
  if (options.floor) return *options.floor;
  return options.goal == TuneGoal::accuracy ? TuneFloor{} : TuneFloor{.kl = 0.01};
}

TTT_INLINE TuneState identity_of(TuneBench& bench, const TuneOptions& options) {
  TuneState now;
  now.model = bench.model_identity();
  now.machine = bench.machine_identity();
  const TuneFloor f = floor_of(options);
  const PolicySet given = bench.given();
  now.how = fmt::format("goal {}, floor kl={} agreement={} preset={}, policy '{}' from {}, level {}, seed {}", name_of(options.goal),
                        f.kl ? fmt::format("{}", *f.kl) : "-", f.agreement ? fmt::format("{}", *f.agreement) : "-",
                        f.preset ? name_of(*f.preset) : "-", text_of(given),
                        options.presets ? "the best preset" : name_of(given.preset.value_or(Preset::standard)), options.level,
                        options.seed);
  return now;
}

TTT_INLINE Result<void> hold_to(TuneState& state, const TuneState& now, const std::string& file) {
  const auto differs = [&](std::string_view what, const std::string& was, const std::string& is) {
    return make_error(ErrorKind::request, "tune_state_differs", "state",
                      fmt::format("it was kept for {} {}, and this is {}", what, was.substr(0, 300), is),
                      "go on as it began, or begin anew with another file", file);
  };
  if (!state.tried.empty() || state.listed) {
    if (state.model != now.model) return differs("a model with numbers", state.model, now.model);
    if (state.machine != now.machine) return differs("a machine", state.machine, now.machine);
    if (state.how != now.how) return differs("another search:", state.how, now.how);
  }
  state.model = now.model;
  state.machine = now.machine;
  state.how = now.how;
  return {};
}

TTT_INLINE Error unreachable(const TuneState& state, const PolicySet& given, double floor_kl, double floor_agreement) {
  const TuneTrial* nearest = nullptr;
  for (const TuneTrial& t : state.tried)
    if (t.outcome == TuneOutcome::inaccurate && (nearest == nullptr || t.kl < nearest->kl)) nearest = &t;
  const std::string fixed = text_of(given);
  if (nearest == nullptr)
    return make_error(ErrorKind::request, "tune_impossible", "model",
                      state.tried.empty() ? "nothing could be tried" : "no preset can run: " + state.tried.front().note,
                      "see whether `ttt check` accepts the model");
  return make_error(ErrorKind::request, "tune_floor_unreachable", "floor",
                    fmt::format("the nearest preset, {}, has KL {:.3g} and agreement {:.4g}{}; the floor is KL at most {:.3g} and agreement at least {:.4g}",
                                nearest->preset, nearest->kl, nearest->agreement,
                                fixed.empty() ? "" : fmt::format(" with what is fixed ({})", fixed.substr(0, 120)), floor_kl, floor_agreement),
                    fixed.empty() ? "lower the floor" : "lower the floor, or fix less with --policy");
}

}  // namespace ttt
