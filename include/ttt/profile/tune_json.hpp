// A search for policies as JSON and as text for people.
#pragma once

#include <string>

#include <ttt/io/json_writer.hpp>
#include <ttt/profile/tune_report.hpp>

namespace ttt {

/// One trial as an object.
void write_trial(json::Writer& out, const TuneTrial& trial);
/// The members of a report's object: goal, floor, baseline, best, policy, cpp, ratio, tried, left.
void write_report(json::Writer& out, const TuneReport& report);
/// What was kept and what was not, the gain, the policy and its C++. `all`: trials that were not measured too.
[[nodiscard]] std::string text_of(const TuneReport& report, bool all = false);

}  // namespace ttt
