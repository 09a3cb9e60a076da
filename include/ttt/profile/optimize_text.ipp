// Definitions of optimize_text.hpp.
#pragma once

#include <fmt/format.h>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/policy_cpp.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/profile/optimize_text.hpp>

namespace ttt {

namespace optimize_texts {

inline std::string change_of(const Suggestion& s) { return s.threads > 0 ? fmt::format("--threads {}", s.threads) : s.policy; }
inline bool measured(const TriedChange& t) { return t.pairs > 0; }
/// 12.3, 0.0494: four digits.
inline std::string ms(double value) { return fmt::format("{:.4g}", value); }

inline void write_times(json::Writer& out, const TriedChange& t) {
  const auto phase = [&](std::string_view name, double before, double after, double ratio) {
    out.key(name).begin_object().member("before_ms", before).member("after_ms", after).member("ratio", ratio).end_object();
  };
  for (const std::string_view name : {"prompt", "decode"})
    if (!measured(t)) out.key(name).null();
  if (!measured(t)) return;
  phase("prompt", t.before.prompt_ms, t.after.prompt_ms, t.prompt_ratio);
  phase("decode", t.before.decode_ms, t.after.decode_ms, t.decode_ratio);
}
inline void write_side(json::Writer& out, std::string_view name, const OptimizeSide& s) {
  out.key(name).begin_object().member("prompt_ms", s.times.prompt_ms).member("decode_ms", s.times.decode_ms);
  out.member("bytes", s.bytes).member("kl", s.kl).member("agreement", s.agreement).end_object();
}
inline void write_ratio(json::Writer& out, std::string_view name, const TimeRatio& r) {
  out.key(name).begin_object().member("median", r.median).member("low", r.low).member("high", r.high).end_object();
}

inline std::string line_of(const TriedChange& t) {
  std::string change = change_of(t.suggestion), outcome(name_of(t.result));
  if (change.size() > 42) change = change.substr(0, 39) + "...";
  for (char& c : outcome) c = c == '_' ? ' ' : c;
  const auto times = [](double before, double after, double ratio) {
    return fmt::format("{:>17} {:5.2f}x", ms(before) + " -> " + ms(after), ratio);
  };
  std::string numbers = measured(t) ? times(t.before.prompt_ms, t.after.prompt_ms, t.prompt_ratio) + " " +
                                          times(t.before.decode_ms, t.after.decode_ms, t.decode_ratio)
                                    : std::string(49, ' ');
  if (measured(t) || t.result == ChangeOutcome::inaccurate) numbers += fmt::format(" {:>8.2g}", t.distance.kl);
  else return fmt::format("{:42} {:>10}  {}\n", change, outcome, t.outcome);
  return fmt::format("{:42} {:>10}{}\n", change, outcome, numbers);
}
inline std::string line_of(std::string_view name, const OptimizeSide& s) {
  return fmt::format("{:7} a prompt {} ms, a step {} ms, {:.1f} MB, KL {:.2g}, agreement {:.4g}\n", name, ms(s.times.prompt_ms),
                     ms(s.times.decode_ms), static_cast<double>(s.bytes) / 1e6, s.kl, s.agreement);
}

}  // namespace optimize_texts

TTT_INLINE void write_report(json::Writer& out, const OptimizeReport& r) {
  using namespace optimize_texts;
  out.key("policy").raw(json_of(r.all)).key("cpp").begin_array();
  for (const std::string& line : cpp_of(r.all)) out.value(line);
  out.end_array().member("change", r.policy);
  if (r.threads > 0) out.member("change_threads", r.threads);
  write_side(out, "before", r.before);
  write_side(out, "after", r.after);
  out.key("ratio").begin_object();
  write_ratio(out, "prompt", r.prompt);
  write_ratio(out, "decode", r.decode);
  out.member("pairs", r.pairs).end_object().key("floor").begin_object().member("kl", r.most_kl).member("agreement", r.least_agreement);
  out.end_object().key("tried").begin_array();
  for (const TriedChange& t : r.tried) {
    out.begin_object().member("path", t.path).member("policy", t.suggestion.policy);
    if (t.suggestion.threads > 0) out.member("threads", t.suggestion.threads);
    out.member("why", t.suggestion.why).member("outcome", name_of(t.result)).member("kept", t.kept).member("note", t.outcome);
    write_times(out, t);
    out.member("pairs", t.pairs);
    if (measured(t) || t.result == ChangeOutcome::inaccurate) out.member("kl", t.distance.kl).member("agreement", t.distance.agreement);
    else out.key("kl").null().key("agreement").null();
    out.end_object();
  }
  out.end_array().member("interrupted", r.interrupted);
}

TTT_INLINE std::string text_of(const OptimizeReport& r, bool all) {
  using namespace optimize_texts;
  std::string out;
  if (r.tried.empty()) out = r.interrupted ? "interrupted before anything was tried\n" : "the profile suggests nothing\n";
  else out = fmt::format("{:42} {:>10}{:>24} {:>24} {:>8}\n", "tried", "", "prompt, ms", "step, ms", "KL");
  std::size_t unseen = 0;
  for (const TriedChange& t : r.tried) {
    const bool shown = all || measured(t) || t.result == ChangeOutcome::inaccurate;
    if (shown) out += line_of(t);
    else ++unseen;
  }
  if (unseen > 0) out += fmt::format("and {} that were refused, or done already (--layers shows them)\n", unseen);
  if (r.interrupted && !r.tried.empty()) out += "interrupted: what was not tried by then was left\n";
  out += "\n" + line_of("before", r.before) + line_of("after", r.after);
  if (r.pairs > 0)
    out += fmt::format("        a prompt takes {:.3f} times as long ({:.3f} to {:.3f}), a step {:.3f} ({:.3f} to {:.3f}; {} pairs at the end)\n",
                       r.prompt.median, r.prompt.low, r.prompt.high, r.decode.median, r.decode.low, r.decode.high, r.pairs);
  if (r.policy.empty() && r.threads == 0) return out + "nothing was kept\n";
  out += "\nadd to the command:";
  if (r.threads > 0) out += fmt::format(" --threads {}", r.threads);
  if (!r.policy.empty()) out += fmt::format(" --policy '{}'", r.policy);
  out += "\n";
  const std::vector<std::string> lines = cpp_of(r.all);
  if (!lines.empty()) out += "\n";
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

}  // namespace ttt
