// Whether a report that was kept is of a model at hand.
#pragma once

#include <string_view>

#include <ttt/profile/profile_report.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

/// Refuses a report whose device, level of instructions or ops are others than those of `state`: ops are told by their paths
/// and by what one row costs them. Policies, lengths and threads may differ, and so may what a report does not say.
/// Errors: report_differs. `file`: where it was read from.
[[nodiscard]] Result<void> check_report(const ProfileReport& report, const ModelState& state, std::string_view file = {});

}  // namespace ttt
