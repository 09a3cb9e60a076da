// A VerifyReport for a terminal of 80 columns, and as JSON.
#pragma once

#include <string>

#include <ttt/io/json_writer.hpp>
#include <ttt/profile/verify_report.hpp>

namespace ttt {

/// What goes wrong first and what cures it, then a line for each layer. `ops`: one for every module and op too.
[[nodiscard]] std::string text_of(const VerifyReport& report, bool ops = false);

/// The members of `ttt verify --json` into an object that is open. Figures that are not finite are null.
void write_report(json::Writer& out, const VerifyReport& report);
[[nodiscard]] std::string json_of(const VerifyReport& report);

}  // namespace ttt
