// What `tune` tries: changes that a plan and a profile give reason for.
#pragma once

#include <vector>

#include <ttt/profile/profile_report.hpp>
#include <ttt/profile/tune_report.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

/// Every knob of every kind of op that could serve the goal: formats of each group's weights in all layers, in the head and
/// everywhere, fidelities, both at once, keys and values, scores, kernels, chunks. `gain` is not set; what a device does not
/// support the static checks refuse later.
[[nodiscard]] std::vector<TuneCandidate> tune_candidates(const ModelState& state, TuneGoal goal);

/// What a profile suggests, that of flagged rows first; `gain` is the share of a pass that the profile expects to save.
/// `decode`: of a decoding step; else of a prompt.
[[nodiscard]] std::vector<TuneCandidate> tune_candidates(const ProfileReport& report, bool decode);

}  // namespace ttt
