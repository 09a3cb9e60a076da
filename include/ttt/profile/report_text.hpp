// A report for a terminal of 80 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <ttt/profile/profile_report.hpp>

namespace ttt {

namespace report_texts {

/// Lines of whole words, of at most 80 columns, each behind `indent` blanks.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent);

}  // namespace report_texts

/// What stands out first, then where the time goes by kind of op, and what to try. `layers`: every op of every layer too.
[[nodiscard]] std::string text_of(const ProfileReport& report, bool layers = false);

}  // namespace ttt
