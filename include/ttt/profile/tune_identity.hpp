// Who a search's state is for, and what a search cannot begin without.
#pragma once

#include <string>

#include <ttt/profile/tune_bench.hpp>
#include <ttt/profile/tune_options.hpp>

namespace ttt {

/// The options' floor, or the goal's.
[[nodiscard]] TuneFloor floor_of(const TuneOptions& options);

/// A state with nothing but who it is for: model, machine, search.
[[nodiscard]] TuneState identity_of(TuneBench& bench, const TuneOptions& options);

/// Refuses a state with trials that is for another; one without becomes `now`'s. Errors: tune_state_differs.
[[nodiscard]] Result<void> hold_to(TuneState& state, const TuneState& now, const std::string& file);

/// Why a search cannot begin: no preset is within the floor (tune_floor_unreachable), or none runs (tune_impossible).
[[nodiscard]] Error unreachable(const TuneState& state, const PolicySet& given, double floor_kl, double floor_agreement);

}  // namespace ttt
