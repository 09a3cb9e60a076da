// Definitions of comparison.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/comparison.hpp>

namespace ttt {

namespace comparing {

inline constexpr int enough_passes = 10;

/// An op without a name of its own has its module's path.
using Key = std::tuple<Phase, std::string, std::string>;
inline Key key_of(const ProfileRow& r) { return {r.phase, r.path, r.op}; }
inline std::map<Key, const ProfileRow*> by_key(const ProfileReport& report) {
  std::map<Key, const ProfileRow*> out;
  for (const ProfileRow& r : report.rows) out.emplace(key_of(r), &r);
  return out;
}
inline std::string name_of_row(const ProfileRow& r) { return std::string(name_of(r.phase)) + " " + r.path; }

inline std::string ms(double value) {
  return fmt::format("{:.{}f} ms", value, value < 1 ? 4 : value < 10 ? 3 : value < 100 ? 2 : 1);
}

/// Bytes a second at which the model's weights and caches were read again and again.
inline double reading_rate(const ProfileReport& report) {
  const auto bytes = static_cast<double>(report.totals.weights + report.totals.kv);
  for (const ReadingRate& r : report.readings)
    if (bytes > 0 && r.bytes >= bytes) return r.bytes_per_s;
  return report.totals.read_bytes_per_s;
}

inline void note_differences(const ProfileReport& before, const ProfileReport& after, std::vector<std::string>& notes) {
  const ProfileTotals &b = before.totals, &a = after.totals;
  const auto differ = [&](std::string_view what, const std::string& was, const std::string& is) {
    if (!was.empty() && !is.empty() && was != is) notes.push_back(fmt::format("{}: {} before, {} after", what, was, is));
  };
  differ("model", before.model, after.model);
  differ("device", before.device, after.device);
  differ("instructions", before.isa, after.isa);
  differ("processor", before.processor, after.processor);
  differ("threads", std::to_string(b.threads), std::to_string(a.threads));
  if (b.prompt_tokens != a.prompt_tokens)
    notes.push_back(fmt::format("prompts of {} tokens before and {} after: their times are not of the same work, nor are the "
                                "steps behind them", b.prompt_tokens, a.prompt_tokens));
  else if (b.decode_tokens != a.decode_tokens)
    notes.push_back(fmt::format("{} decoded tokens before and {} after: their steps are not of the same work", b.decode_tokens,
                                a.decode_tokens));
  const double was = reading_rate(before), is = reading_rate(after);
  if (before.totals.weights == after.totals.weights && was > 0 && is > 0 && std::max(was, is) > 1.1 * std::min(was, is))
    notes.push_back(fmt::format("the machine itself read {:.1f} GB/s before and {:.1f} after: what that explains is not counted", was / 1e9, is / 1e9));
  for (const ProfileReport* r : {&before, &after})
    if (r->noise.competing)
      notes.push_back(fmt::format("something else used the machine {}: {}", r == &before ? "before" : "after", r->noise.text));
}

/// "A decoding step: 14.2 ms before, 10.1 after (-29 %), beyond the noise."
inline std::string sentence(const Comparison& c, Phase phase) {
  const auto model = std::find_if(c.rows.begin(), c.rows.end(),
                                  [&](const Difference& d) { return d.phase == phase && d.path == "model"; });
  if (model == c.rows.end() || model->before.median <= 0) return {};
  const auto moved = std::count_if(c.rows.begin(), c.rows.end(), [&](const Difference& d) {
    return d.phase == phase && d.beyond_noise && d.op.empty() && d.path != "model";
  });
  const auto modules = std::count_if(c.rows.begin(), c.rows.end(), [&](const Difference& d) {
    return d.phase == phase && d.op.empty() && d.path != "model";
  });
  return fmt::format("{}: {} before, {} after ({:+.1f} %), {} the noise; {} of {} modules changed beyond it. ",
                     phase == Phase::prompt ? "A prompt" : "A decoding step", ms(model->before.median),
                     ms(model->after.median), 100 * (model->after.median / model->before.median - 1),
                     model->beyond_noise ? "beyond" : "within", moved, modules);
}

}  // namespace comparing

TTT_INLINE bool beyond_noise(const Spread& before, int before_passes, const Spread& after, int after_passes, bool disturbed) {
  const bool enough = before_passes >= comparing::enough_passes && after_passes >= comparing::enough_passes;
  const Spread &lower = after.median < before.median ? after : before, &higher = after.median < before.median ? before : after;
  if (higher.median - lower.median < (enough ? 0.03 : 0.10) * lower.median) return false;
  if (disturbed) return enough && lower.three_quarters < higher.min;
  const double wider = std::max(lower.three_quarters - lower.quarter, higher.three_quarters - higher.quarter);
  return higher.quarter - lower.three_quarters > (enough ? 1 : 2) * wider;
}

TTT_INLINE MachineDrift drift_between(const ProfileReport& before, const ProfileReport& after) {
  MachineDrift drift;
  const auto consider = [&](double was, double is) {  // rates: twice as fast halves a time
    if (was <= 0 || is <= 0) return;
    drift.fastest = std::min(drift.fastest, was / is);
    drift.slowest = std::max(drift.slowest, was / is);
  };
  consider(comparing::reading_rate(before), comparing::reading_rate(after));
  consider(before.totals.fp32_flop_per_s, after.totals.fp32_flop_per_s);
  return drift;
}

TTT_INLINE Comparison compare(const ProfileReport& before, const ProfileReport& after) {
  Comparison out{before.model, after.model, {}, {}, {}, {}, {}};
  comparing::note_differences(before, after, out.notes);
  const auto earlier = comparing::by_key(before), later = comparing::by_key(after);
  const ProfileTotals &b = before.totals, &a = after.totals;
  const MachineDrift drift = drift_between(before, after);
  for (const ProfileRow& r : after.rows) {
    const auto found = earlier.find(comparing::key_of(r));
    if (found == earlier.end()) {
      out.only_after.push_back(comparing::name_of_row(r));
      continue;
    }
    Difference d{r.phase, r.path, r.layer, r.module, r.op, found->second->actual_ms, r.actual_ms, 0, false};
    d.delta_ms = d.after.median - d.before.median;
    const bool prompt = r.phase == Phase::prompt;
    const bool same_work = b.prompt_tokens == a.prompt_tokens && (prompt || b.decode_tokens == a.decode_tokens);
    d.beyond_noise = same_work && !drift.explains(d.before.median, d.after.median) && beyond_noise(d.before, prompt ? b.prompt_passes : b.decode_passes, d.after,
                                               prompt ? a.prompt_passes : a.decode_passes,
                                               before.noise.competing || after.noise.competing);
    out.rows.push_back(std::move(d));
  }
  for (const ProfileRow& r : before.rows)
    if (!later.contains(comparing::key_of(r))) out.only_before.push_back(comparing::name_of_row(r));
  for (const Phase phase : {Phase::decode, Phase::prompt}) out.text += comparing::sentence(out, phase);
  if (out.text.empty()) out.text = "The two reports have no pass in common.";
  else out.text.pop_back();
  return out;
}

}  // namespace ttt
