// The search of `tune`: which of many changes to keep, by what a bench measures.
#pragma once

#include <functional>

#include <ttt/profile/tune_bench.hpp>
#include <ttt/profile/tune_options.hpp>
#include <ttt/profile/tune_state.hpp>

namespace ttt {

/// Begins at the best preset within the floor, then tries the candidates one by one on top of what is kept: checks, numbers,
/// paired rounds (tune_rounds.hpp). What costs too much accuracy over many layers is tried again on each half of them. A state with trials is
/// replayed up to where it ended, so that a search that was interrupted ends as one that was not.
///
/// `saved`: called with the state after every trial; its error ends the search.
/// Errors: tune_impossible (no time), tune_floor_unreachable, tune_state_differs, those of the bench's measurements.
[[nodiscard]] Result<TuneReport> tune_search(TuneBench& bench, const TuneOptions& options, TuneState state = {},
                                             const std::function<Result<void>(const TuneState&)>& saved = {});

}  // namespace ttt
