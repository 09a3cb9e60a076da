// Profiles as they lie in files, and what becomes of one: printed, drawn as a page, compared with an earlier one.
#pragma once

#include <optional>
#include <string>

#include <ttt/io/json.hpp>
#include <ttt/profile/profile_report.hpp>

#include "options.hpp"

namespace ttt::tool {

/// A report with all that --json says of it.
struct SavedProfile {
  ProfileReport report;
  json::Document document;
};

/// Whether MODEL names a saved report in place of a model.
[[nodiscard]] bool is_saved_profile(const std::string& model);
/// Errors: report_malformed, and those of json::Document::read.
[[nodiscard]] Result<SavedProfile> read_saved_profile(const std::string& path);

/// Does what --html, --json and --layers ask for. `object`: the report as --json has it; `earlier`: the run to compare it with, if any;
/// `measured`: it was just now, so that its own table is shown beside a comparison.
[[nodiscard]] Result<void> show_profile(const Arguments& arguments, const ProfileReport& report, const std::string& object,
                                        const std::optional<SavedProfile>& earlier, bool measured);
/// The same of a file's report.
[[nodiscard]] Result<void> show_saved_profile(const Arguments& arguments, const SavedProfile& saved,
                                              const std::optional<SavedProfile>& earlier);

}  // namespace ttt::tool
