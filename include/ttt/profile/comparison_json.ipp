// Definitions of comparison_json.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/comparison_json.hpp>
#include <ttt/profile/report_json.hpp>
#include <ttt/profile/report_text.hpp>

namespace ttt {

namespace comparing {

inline void write_texts(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.key(name).begin_array();
  for (const std::string& t : texts) out.value(t);
  out.end_array();
}

/// Half of the middle half in percent of the median.
inline std::string scatter(const Spread& s) { return fmt::format("±{:.0f}%", 50 * s.width()); }

inline std::string line(const Difference& d, const std::string& name) {
  const double ratio = d.before.median > 0 ? d.after.median / d.before.median - 1 : 0;
  return fmt::format("{:<26} {:>9.4g} {:<6}{:>9.4g} {:<6}{:>+10.3g}{:>+7.1f}%{}\n", name.size() > 26 ? ".." + name.substr(name.size() - 24) : name,
                     d.before.median, scatter(d.before), d.after.median, scatter(d.after), d.delta_ms, 100 * ratio,
                     d.beyond_noise ? " *" : "");
}

}  // namespace comparing

TTT_INLINE void write_comparison(json::Writer& out, const Comparison& c) {
  using namespace comparing;
  out.begin_object().member("before", c.before).member("after", c.after).member("text", c.text);
  write_texts(out, "notes", c.notes);
  out.key("rows").begin_array();
  for (const Difference& d : c.rows) {
    out.begin_object().member("phase", name_of(d.phase)).member("path", d.path);
    if (d.layer < 0) out.key("layer").null();
    else out.member("layer", d.layer);
    out.member("module", d.module);
    if (d.op.empty()) out.key("op").null();
    else out.member("op", d.op);
    reports::write_spread(out, "before_ms", d.before);
    reports::write_spread(out, "after_ms", d.after);
    out.member("delta_ms", d.delta_ms).member("beyond_noise", d.beyond_noise).end_object();
  }
  out.end_array();
  write_texts(out, "only_before", c.only_before);
  write_texts(out, "only_after", c.only_after);
  out.end_object();
}

TTT_INLINE std::string text_of(const Comparison& c, bool layers) {
  using namespace comparing;
  std::string out = report_texts::wrapped(c.text, 0);
  for (const std::string& note : c.notes) out += report_texts::wrapped("note: " + note, 0);
  for (const Phase phase : {Phase::prompt, Phase::decode}) {
    std::vector<const Difference*> shown;
    std::size_t quiet = 0;
    for (const Difference& d : c.rows) {
      if (d.phase != phase || (!layers && !d.op.empty())) continue;
      if (layers || d.beyond_noise || d.layer < 0) shown.push_back(&d);
      else ++quiet;
    }
    if (shown.empty()) continue;
    if (!layers)
      std::sort(shown.begin() + 1, shown.end(), [](const Difference* a, const Difference* b) {
        const double x = std::abs(a->delta_ms), y = std::abs(b->delta_ms);
        return x != y ? x > y : a < b;  // in the plan's order where alike
      });
    constexpr std::size_t most = 24;
    const std::size_t count = layers ? shown.size() : std::min(shown.size(), most);
    out += fmt::format("\n{:<26} {:>9} {:<6}{:>9} {:<6}{:>10}\n", name_of(phase), "ms before", "", "after", "", "change");
    for (std::size_t i = 0; i < count; ++i) out += line(*shown[i], shown[i]->path);
    if (shown.size() > count) out += fmt::format("... and {} more that changed; --layers lists all\n", shown.size() - count);
    if (quiet > 0) out += fmt::format("... and {} modules within the noise; --layers lists all\n", quiet);
  }
  if (!c.rows.empty()) out += "\n* beyond the noise; ± half of the middle half of the passes\n";
  const std::size_t alone = c.only_before.size() + c.only_after.size();
  if (alone > 0) out += fmt::format("{} rows are in one of the two alone; --json lists them\n", alone);
  return out;
}

}  // namespace ttt
