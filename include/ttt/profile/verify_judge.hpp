// Which of a report's rows are wrong.
#pragma once

#include <string>
#include <vector>

#include <ttt/profile/verify_options.hpp>
#include <ttt/profile/verify_report.hpp>

namespace ttt {

/// The number that a row is judged by: its own error, of the prompt or of decoding, whichever is larger.
[[nodiscard]] double judged_error(const VerifyRow& row);

/// The path of the first row that is wrong; empty: none is.
[[nodiscard]] std::string first_wrong(const std::vector<VerifyRow>& rows);

/// Says which rows are wrong, by the rule of VerifyOptions, and which is first.
void judge(VerifyReport& report, const VerifyOptions& options);

}  // namespace ttt
