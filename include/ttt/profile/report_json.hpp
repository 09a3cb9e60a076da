// A report as JSON, and its threads as a Chrome trace.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/json_writer.hpp>
#include <ttt/profile/profile_report.hpp>

namespace ttt {

namespace reports {

/// A member of an object that is open: min, median, max, quarter and three_quarters.
void write_spread(json::Writer& out, std::string_view name, const Spread& spread);

}  // namespace reports

/// The members of `ttt profile --json` into an object that is open: rows, bottlenecks, totals, noise, suggestions, memory,
/// machine and timelines.
void write_report(json::Writer& out, const ProfileReport& report);
[[nodiscard]] std::string json_of(const ProfileReport& report);

/// Both timelines in the Trace Event Format, for chrome://tracing and Perfetto: a process for each phase, a track for each
/// thread; what a thread waits between its parts is an event of its own.
[[nodiscard]] std::string chrome_trace_of(const ProfileReport& report);

}  // namespace ttt
