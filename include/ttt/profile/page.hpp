// A report as one HTML page: everything is in the file, nothing is fetched, and the page draws from the JSON that it holds.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/result.hpp>
#include <ttt/profile/comparison.hpp>
#include <ttt/profile/profile_report.hpp>

namespace ttt {

/// The page of a report in JSON, as `ttt profile --json` and `json_of` give it; a member `comparison` is drawn too.
/// Requires: `json` is valid JSON. Whatever its strings hold stays text.
[[nodiscard]] std::string html_of(std::string_view json);

/// `comparison`: of this report with an earlier one; may be null.
[[nodiscard]] std::string html_of(const ProfileReport& report, const Comparison* comparison = nullptr);

/// Writes the page as a whole, or leaves what was there. Errors: those of write_atomic.
[[nodiscard]] Result<void> write_html(const ProfileReport& report, const std::string& path,
                                      const Comparison* comparison = nullptr);

}  // namespace ttt
