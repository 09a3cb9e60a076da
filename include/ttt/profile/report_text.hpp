// A report for a terminal of 80 columns.
#pragma once

#include <string>

#include <ttt/profile/profile_report.hpp>

namespace ttt {

/// What stands out first, then where the time goes by kind of op, and what to try. `layers`: every op of every layer too.
[[nodiscard]] std::string text_of(const ProfileReport& report, bool layers = false);

}  // namespace ttt
