// A report read back from its JSON: what comparing and tables need of it.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/json.hpp>
#include <ttt/profile/profile_report.hpp>

namespace ttt {

/// Rows, totals, machine, noise and suggestions; buffers and timelines stay behind. Members that an
/// older version did not write keep their defaults. Errors: report_malformed.
[[nodiscard]] Result<ProfileReport> report_of(const json::Value& root, std::string_view file);

/// The same of a file. Errors: also those of json::Document::read.
[[nodiscard]] Result<ProfileReport> read_report(const std::string& path);

}  // namespace ttt
