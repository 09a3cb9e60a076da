// Changes of policy that are made of others.
#pragma once

#include <optional>

#include <ttt/profile/tune_report.hpp>

namespace ttt {

/// A change without the knobs that somebody has fixed.
[[nodiscard]] HardwareConfig without_knobs(const HardwareConfig& change, const HardwareConfig& fixed);

/// A configuration with a candidate's change, less the knobs that `given` says anything of. Errors: those of parse_policy.
[[nodiscard]] Result<PolicySet> with_change(const PolicySet& best, const TuneCandidate& candidate, const PolicySet& given);

/// A change for some of the layers it is about, with their share of its gain. Nothing where its policy is none.
[[nodiscard]] std::optional<TuneCandidate> for_layers(const TuneCandidate& candidate, int first, int last);

}  // namespace ttt
