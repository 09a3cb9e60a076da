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

/// The largest own error at which a row that is wrong would be right whatever its policy was: a cure leaves no more, so that
/// the next report does not call it wrong beside other layers' modules.
[[nodiscard]] double cured_error(const std::vector<VerifyRow>& rows, const VerifyRow& row, const VerifyOptions& options);

/// Says which rows are wrong, by the rule of VerifyOptions, and which is first.
void judge(VerifyReport& report, const VerifyOptions& options);

}  // namespace ttt
