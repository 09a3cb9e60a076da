// Definitions of tune_options.hpp.
#pragma once

#include <charconv>
#include <cmath>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/policy/preset_name.hpp>
#include <ttt/profile/tune_options.hpp>

namespace ttt {

TTT_INLINE Result<TuneGoal> tune_goal_named(std::string_view name) {
  for (const TuneGoal g : {TuneGoal::latency, TuneGoal::throughput, TuneGoal::memory, TuneGoal::accuracy})
    if (name == name_of(g)) return g;
  if (name == "prompt") return TuneGoal::throughput;
  return make_error(ErrorKind::request, "tune_goal_unknown", "goal", in_quotes(name) + " is no goal",
                    "use latency, throughput (of prompts), memory or accuracy");
}

TTT_INLINE Result<TuneFloor> tune_floor_from(std::string_view text) {
  TuneFloor out;
  if (const auto preset = preset_named(text)) {
    out.preset = *preset;
    return out;
  }
  const auto wrong = [&](const std::string& what) {
    return make_error(ErrorKind::request, "tune_floor_malformed", "floor", what,
                      "give a KL (0.01), kl=0.01, agreement=0.98, both with a comma between, or a preset's name");
  };
  if (text.empty()) return wrong("it is empty");
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const bool agreement = item.starts_with("agreement=");
    if (agreement) item.remove_prefix(10);
    else if (item.starts_with("kl=")) item.remove_prefix(3);
    double value = 0;
    const auto [end, code] = std::from_chars(item.data(), item.data() + item.size(), value);
    if (item.empty() || code != std::errc() || end != item.data() + item.size() || !std::isfinite(value))
      return wrong(in_quotes(item) + " is no number and no preset");
    if (value < 0 || (agreement && value > 1))
      return wrong(std::string(item) + (agreement ? " is not in [0, 1]" : " is below 0, and no KL is"));
    (agreement ? out.agreement : out.kl) = value;
  }
  return out;
}

}  // namespace ttt
