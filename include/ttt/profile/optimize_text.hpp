// What `optimize` tried and kept, as JSON and as text for people.
#pragma once

#include <string>

#include <ttt/io/json_writer.hpp>
#include <ttt/profile/optimize.hpp>

namespace ttt {

/// The members of a report's object: policy, cpp, change, threads, before, after, ratio, floor, tried, interrupted.
void write_report(json::Writer& out, const OptimizeReport& report);
/// What was kept and what was not, the gain, the change as options of a command and the policy as C++. `all`: changes that
/// were not measured too.
[[nodiscard]] std::string text_of(const OptimizeReport& report, bool all = false);

}  // namespace ttt
