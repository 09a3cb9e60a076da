// Definitions of report_text.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/report_text.hpp>

namespace ttt {

namespace report_texts {

inline constexpr std::size_t columns = 80;

/// Milliseconds in six places.
inline std::string ms(double value) { return fmt::format("{:.{}f}", value, value < 10 ? 4 : value < 1000 ? 2 : 0); }

TTT_INLINE std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out, line(indent, ' ');
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (line.size() + word.size() + 1 > columns && line.size() > indent) {
      out += line + "\n";
      line.assign(indent, ' ');
    }
    line += line.size() > indent ? " " : "";
    line += word;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out + line + "\n";
}

/// `effect`: what it does to the times of passes, in words.
inline std::string suggestion(const Suggestion& s, std::string effect) {
  const std::string change = s.threads > 0 ? fmt::format("--threads {}", s.threads) : fmt::format("--policy '{}'", s.policy);
  if (s.delta_bytes != 0) effect += fmt::format(", {:+.1f} MB", static_cast<double>(s.delta_bytes) / 1e6);
  if (s.accuracy != AccuracyChange::same) effect += fmt::format(", accuracy {}", name_of(s.accuracy));
  return fmt::format("  {}\n", change) + wrapped(effect + ": " + s.why, 6);
}
inline std::string_view pass_name(Phase p) { return p == Phase::prompt ? "prompt" : "step"; }

/// A row by itself, or as one of its kind on all layers.
struct Group {
  std::string name;
  Phase phase;
  double actual = 0, expected = 0, bytes = 0, flops = 0, worst = 0;
  int count = 0;
  Bound bound{};
  double memory = 0, compute = 0;
};

inline std::vector<Group> groups_of(const ProfileReport& report, Phase phase, bool layers) {
  std::vector<Group> groups;
  for (const ProfileRow& r : report.rows) {
    if (r.phase != phase || r.op.empty()) continue;
    std::string name = r.path;
    if (!layers && r.layer >= 0)
      if (const std::size_t dot = r.path.find('.', sizeof "layers."); dot != std::string::npos) name = "layers.*" + r.path.substr(dot);
    auto at = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.name == name; });
    if (at == groups.end()) at = groups.insert(groups.end(), {name, phase});
    at->actual += r.actual_ms.median;
    at->expected += r.expected_ms;
    at->memory += r.memory_use * r.actual_ms.median;
    at->compute += r.compute_use * r.actual_ms.median;
    if (r.expected_ms > 0) at->worst = std::max(at->worst, r.actual_ms.median / r.expected_ms);
    at->bound = r.bound;
    ++at->count;
  }
  return groups;
}

inline std::string table(const ProfileReport& report, Phase phase, bool layers) {
  const ProfileTotals& t = report.totals;
  const bool prompt = phase == Phase::prompt;
  const double pass = prompt ? t.prompt_ms : t.decode_ms;
  const Spread& spread = prompt ? t.prompt : t.decode;
  const double tokens = prompt ? t.prompt_tokens : 1;
  const std::string what = prompt ? fmt::format("prompt of {} tokens", t.prompt_tokens)
                                  : fmt::format("decoding step behind {} to {}", t.prompt_tokens, t.prompt_tokens + t.decode_tokens);
  std::string out = fmt::format("\n{}: {} ms, expected {}\n", what, ms(pass), ms(prompt ? t.prompt_expected_ms : t.decode_expected_ms));
  out += fmt::format("{} .. {} ms; {:.1f} tokens/s\n", ms(spread.min), ms(spread.max), pass > 0 ? tokens / pass * 1e3 : 0);
  out += fmt::format("{:<28}{:>10}{:>10}{:>7}{:>6} {:<8}{:>5}{:>5}\n", "op", "ms", "expected", "ratio", "share", "bound",
                     "mem", "comp");
  for (const Group& g : groups_of(report, phase, layers)) {
    std::string name = g.count > 1 ? fmt::format("{} x{}", g.name, g.count) : g.name;
    if (name.size() > 27) name = ".." + name.substr(name.size() - 25);
    const auto percent = [&](double x) { return fmt::format("{:.0f}%", 100 * x); };
    out += fmt::format("{:<28}{:>10}{:>10}{:>7.2f}{:>6} {:<8}{:>5}{:>5}\n", name, ms(g.actual), ms(g.expected),
                       g.expected > 0 ? g.actual / g.expected : 0, percent(pass > 0 ? g.actual / pass : 0), name_of(g.bound),
                       percent(g.actual > 0 ? g.memory / g.actual : 0), percent(g.actual > 0 ? g.compute / g.actual : 0));
  }
  return out;
}

}  // namespace report_texts

TTT_INLINE std::string text_of(const ProfileReport& report, bool layers) {
  using namespace report_texts;
  const ProfileTotals& t = report.totals;
  const std::vector<Bottleneck> found = report.bottlenecks();
  std::string out;
  if (report.noise.competing) out += wrapped("noise: " + report.noise.text, 0);
  if (std::none_of(found.begin(), found.end(), [](const Bottleneck& b) { return b.fault == Fault::time; }))
    out += wrapped(fmt::format("Nothing takes {:.3g} times as long as it should.", report.factor), 0);
  constexpr std::size_t shown = 6;
  for (std::size_t i = 0; i < std::min(found.size(), shown); ++i) {
    const Bottleneck& b = found[i];
    out += b.fault == Fault::accuracy
               ? fmt::format("{}, {}: less precise than in other layers\n", b.path, name_of(b.phase))
               : fmt::format("{}, {}: {} ms (expected: {} ms)\n", b.path, name_of(b.phase), ms(b.actual_ms), ms(b.expected_ms));
    for (std::size_t s = 0; s < std::min<std::size_t>(b.suggestions.size(), 2); ++s)
      out += suggestion(b.suggestions[s], fmt::format("{:+.3g} ms a {}", b.suggestions[s].delta_ms, pass_name(b.phase)));
  }
  if (found.size() > shown) out += fmt::format("... and {} more; --json lists all\n", found.size() - shown);
  for (const Phase phase : {Phase::prompt, Phase::decode}) out += table(report, phase, layers);
  if (!report.suggestions.empty()) out += "\nTo try on the whole model:\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(report.suggestions.size(), 4); ++i) {
    const Suggestion& s = report.suggestions[i];
    out += suggestion(s, fmt::format("{:+.3g} ms a step, {:+.3g} ms a prompt", s.delta_decode_ms, s.delta_prompt_ms));
  }
  out += "\n" + wrapped(fmt::format("{} threads on {} cores, {}; reading {:.1f} GB/s, {:.0f} GFLOP/s in fp32, {:.0f} in bf16, {:.0f} in int8",
                                    t.threads, t.cores, report.isa, t.read_bytes_per_s / 1e9, t.fp32_flop_per_s / 1e9,
                                    t.bf16_flop_per_s / 1e9, t.int8_flop_per_s / 1e9), 0);
  out += wrapped(fmt::format("peak {:.1f} MB, planned {:.1f}{}; recording cost {:+.1f} %; {} repetitions",
                             static_cast<double>(t.peak_bytes) / 1e6, static_cast<double>(t.planned_peak_bytes) / 1e6,
                             t.allocations_per_step < 0 ? "" : fmt::format("; {:.1f} allocations a step", t.allocations_per_step),
                             100 * t.recording_cost, t.repeat), 0);
  return out;
}

}  // namespace ttt
