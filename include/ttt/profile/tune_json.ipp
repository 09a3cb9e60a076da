// Definitions of tune_json.hpp.
#pragma once

#include <fmt/format.h>

#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/policy_cpp.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/profile/tune_json.hpp>

namespace ttt {

namespace tune_texts {

inline void write_side(json::Writer& out, const TuneSide& s) {
  out.begin_object().member("preset", name_of(s.policy.preset.value_or(Preset::standard)));
  out.member("policy", text_of(s.policy));
  out.member("ms", s.ms).member("bytes", s.bytes).member("kl", s.kl).member("agreement", s.agreement).end_object();
}
inline std::string in_words(const TuneSide& s) {
  const std::string policy = text_of(s.policy);
  return std::string(name_of(s.policy.preset.value_or(Preset::standard))) + (policy.empty() ? "" : " with " + policy);
}
inline std::string change_of(const TuneTrial& t) { return t.preset.empty() ? t.policy : "preset " + t.preset; }

}  // namespace tune_texts

TTT_INLINE void write_trial(json::Writer& out, const TuneTrial& t) {
  out.begin_object().member("preset", t.preset).member("policy", t.policy).member("why", t.why).member("outcome", name_of(t.outcome));
  out.member("kept", t.outcome == TuneOutcome::kept).member("rounds", t.rounds).member("ratio", t.ratio).member("low", t.low);
  out.member("high", t.high).member("p", t.p).member("kl", t.kl).member("agreement", t.agreement).member("bytes", t.bytes);
  out.member("at", t.at).member("note", t.note).end_object();
}

TTT_INLINE void write_report(json::Writer& out, const TuneReport& r) {
  out.member("goal", name_of(r.goal)).key("floor").begin_object().member("kl", r.floor_kl).member("agreement", r.floor_agreement).end_object();
  out.key("policy").raw(json_of(r.best.policy));
  out.key("cpp").begin_array();
  for (const std::string& line : cpp_of(r.best.policy)) out.value(line);
  out.end_array().key("baseline");
  tune_texts::write_side(out, r.baseline);
  out.key("best");
  tune_texts::write_side(out, r.best);
  out.key("ratio").begin_object().member("median", r.ratio).member("low", r.low).member("high", r.high).member("rounds", r.rounds).end_object();
  out.member("level", r.level).key("tried").begin_array();
  for (const TuneTrial& t : r.tried) write_trial(out, t);
  out.end_array().member("left", static_cast<std::int64_t>(r.left)).member("seconds", r.seconds).member("interrupted", r.interrupted);
  out.key("notes").begin_array();
  for (const std::string& note : r.notes) out.value(note);
  out.end_array();
}

TTT_INLINE std::string text_of(const TuneReport& r, bool all) {
  std::string out = fmt::format("goal {}, {}\n\n", name_of(r.goal),
                                std::isfinite(r.floor_kl) || r.floor_agreement > 0
                                    ? fmt::format("floor: KL at most {:.3g}{}", r.floor_kl,
                                                  r.floor_agreement > 0 ? fmt::format(", agreement at least {:.3g}", r.floor_agreement) : "")
                                    : "no floor");
  out += fmt::format("{:44} {:>10}  {:>7} {:>17} {:>8} {:>9}\n", "tried", "", "time", "95 %", "p", "KL");
  std::size_t unseen = 0;
  for (const TuneTrial& t : r.tried) {
    const bool numbers = t.outcome == TuneOutcome::kept || t.outcome == TuneOutcome::no_better || t.outcome == TuneOutcome::inaccurate;
    if (!numbers && !all) {
      ++unseen;
      continue;
    }
    std::string change = tune_texts::change_of(t);
    if (change.size() > 44) change = change.substr(0, 41) + "...";
    const std::string measured = t.rounds > 0 ? fmt::format("{:6.3f}x {:>8.3f}-{:.3f}  {:8.2g}", t.ratio, t.low, t.high, t.p) : std::string(34, ' ');
    std::string outcome(name_of(t.outcome));
    for (char& c : outcome) c = c == '_' ? ' ' : c;
    out += fmt::format("{:44} {:>10}  {:34} {}{}\n", change, outcome, measured, numbers ? fmt::format("{:9.2g}", t.kl) : "",
                       t.note.empty() ? "" : "  " + t.note);
  }
  if (unseen > 0) out += fmt::format("and {} that were refused, the same, or expected to be slower (--layers shows them)\n", unseen);
  if (r.left > 0) out += fmt::format("{} more were not tried: {}\n", r.left, r.interrupted ? "interrupted" : "the time was over");
  const char* const what = r.goal == TuneGoal::throughput ? "a prompt" : "a step";
  out += fmt::format("\nfrom  {}\n      {} {:.3f} ms, {:.1f} MB, KL {:.2g}, agreement {:.4g}\n", tune_texts::in_words(r.baseline), what,
                     r.baseline.ms, static_cast<double>(r.baseline.bytes) / 1e6, r.baseline.kl, r.baseline.agreement);
  out += fmt::format("to    {}\n      {} {:.3f} ms, {:.1f} MB, KL {:.2g}, agreement {:.4g}\n", tune_texts::in_words(r.best), what, r.best.ms,
                     static_cast<double>(r.best.bytes) / 1e6, r.best.kl, r.best.agreement);
  if (r.rounds > 0)
    out += fmt::format("      {:.3f} times as long ({:.3f} to {:.3f}, {} paired rounds at the end)\n", r.ratio, r.low, r.high, r.rounds);
  out += "\n";
  for (const std::string& line : cpp_of(r.best.policy)) out += line + "\n";
  for (const std::string& note : r.notes) out += "note: " + note + "\n";
  return out;
}

}  // namespace ttt
