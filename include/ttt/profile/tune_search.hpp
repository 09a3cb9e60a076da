// The search of `tune`: which of many changes to keep, by what a bench measures.
#pragma once

#include <functional>

#include <ttt/profile/tune_bench.hpp>
#include <ttt/profile/tune_options.hpp>
#include <ttt/profile/tune_state.hpp>

namespace ttt {

/// Comparisons that a search makes at most, and rounds after which each looks whether they suffice. The level is shared by
/// all of them alike (Bonferroni), so that it holds for the whole search, whatever it looks at and when it stops.
inline constexpr int most_tune_tests = 64;
inline constexpr int tune_looks[] = {12, 20, 32};

/// Begins at the best preset within the floor, then tries the candidates one by one on top of what is kept: checks, numbers,
/// paired rounds. What costs too much accuracy over many layers is tried again on each half of them. A state with trials is
/// replayed up to where it ended, so that a search that was interrupted ends as one that was not.
///
/// `saved`: called with the state after every trial; its error ends the search.
/// Errors: tune_impossible (no time), tune_floor_unreachable, tune_state_differs, those of the bench's measurements.
[[nodiscard]] Result<TuneReport> tune_search(TuneBench& bench, const TuneOptions& options, TuneState state = {},
                                             const std::function<Result<void>(const TuneState&)>& saved = {});

/// A change without the knobs that somebody has fixed.
[[nodiscard]] HardwareConfig without_knobs(const HardwareConfig& change, const HardwareConfig& fixed);

}  // namespace ttt
