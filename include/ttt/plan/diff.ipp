// Definitions of diff.hpp.
#pragma once

#include <algorithm>
#include <charconv>
#include <map>

#include <ttt/io/linkage.hpp>
#include <ttt/plan/diff.hpp>
#include <ttt/policy/module_blocks.hpp>
#include <ttt/policy/resolved.hpp>

namespace ttt {

namespace differing {

/// The knobs whose values differ, in the order of `before`; those that only `after` has stand behind those of
/// their path.
inline std::vector<ChangedKnob> changed(const std::vector<ResolvedKnob>& before,
                                        const std::vector<ResolvedKnob>& after) {
  std::vector<ChangedKnob> rows;
  auto find = [](const std::vector<ResolvedKnob>& in, const ResolvedKnob& like) {
    return std::find_if(in.begin(), in.end(),
                        [&](const ResolvedKnob& r) { return r.path == like.path && r.knob == like.knob; });
  };
  for (const ResolvedKnob& b : before) {
    const auto a = find(after, b);
    if (a == after.end() || a->value != b.value)
      rows.push_back({b.path, b.knob, b.value, a == after.end() ? std::string() : a->value});
  }
  for (const ResolvedKnob& a : after)
    if (find(before, a) == before.end()) {
      const auto last =
          std::find_if(rows.rbegin(), rows.rend(), [&](const ChangedKnob& r) { return r.path == a.path; });
      rows.insert(last == rows.rend() ? rows.end() : last.base(), {a.path, a.knob, {}, a.value});
    }
  return rows;
}

/// What changes in the modules at one place of two models, each pair of places looked at once.
class Modules {
 public:
  Modules(const PlanRequest& before, const PlanRequest& after) : before_(before), after_(after) {
    after.model.model.each([&](const ModuleSpec&, int, std::size_t run, std::size_t place) {
      places_.emplace_back(run, place);
    });
  }
  [[nodiscard]] int count() const { return static_cast<int>(places_.size()); }
  const std::vector<ChangedKnob>& rows(const ModuleBlock& b) {
    const auto [run, place] = places_[static_cast<std::size_t>(b.module)];
    const auto [at, fresh] = known_.try_emplace({b.run, b.place, run, place});
    if (fresh)
      at->second = changed(resolving::knobs_of(before_.model, before_.device, b.run, b.place),
                           resolving::knobs_of(after_.model, after_.device, run, place));
    return at->second;
  }

 private:
  const PlanRequest& before_;
  const PlanRequest& after_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::map<std::array<std::size_t, 4>, std::vector<ChangedKnob>> known_;
};

/// `1,234,567`.
inline std::string grouped(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > (n < 0 ? 4U : 3U);) digits.insert(at -= 3, ",");
  return digits;
}
inline std::string fixed(double v) {
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed, 4);
  return end.ec == std::errc() ? std::string(buffer, end.ptr) : "?";
}
inline std::string signed_text(bool positive, std::string text) { return positive ? "+" + text : text; }

}  // namespace differing

TTT_INLINE PolicyDiff diff(const PlanRequest& before, const PlanRequest& after) {
  PolicyDiff out;
  const int modules = before.model.model.module_count();
  differing::Modules all(before, after);
  if (modules == 0 || all.count() == 0) return out;
  if (modules != all.count())
    out.rows.push_back({"model", "modules", std::to_string(modules), std::to_string(all.count())});
  for (ChangedKnob& row : differing::changed(resolving::model_knobs(before.model, before.device),
                                             resolving::model_knobs(after.model, after.device)))
    out.rows.push_back(std::move(row));
  auto there = [&](const ModuleBlock& b) { return b.module < all.count(); };
  auto same = [&](const ModuleBlock& a, const ModuleBlock& b) {
    return there(a) == there(b) && (!there(a) || all.rows(a) == all.rows(b));
  };
  for (const ModuleBlock& block : module_blocks(before.model.model, same))
    if (there(block))
      for (ChangedKnob row : all.rows(block)) {
        row.path = block.path + row.path;
        out.rows.push_back(std::move(row));
      }
  out.before = plan_totals(before);
  out.after = plan_totals(after);
  out.before_ms = step_cost(before).seconds * 1e3;
  out.after_ms = step_cost(after).seconds * 1e3;
  return out;
}

TTT_INLINE PolicyDiff diff(const ConfiguredModel& before, const ConfiguredModel& after,
                           const DeviceTraits& device, const Workload& workload) {
  return diff(PlanRequest{before, device, workload}, PlanRequest{after, device, workload});
}

TTT_INLINE std::string PolicyDiff::text() const {
  using namespace differing;
  std::size_t widest = 0;
  for (const ChangedKnob& r : rows) widest = std::max(widest, r.knob.size());
  std::string out, path;
  for (const ChangedKnob& r : rows) {
    if (r.path != path) out += (path = r.path) + "\n";
    out += "  " + r.knob + std::string(widest - r.knob.size() + 2, ' ') +
           (r.before.empty() ? "-" : r.before) + " -> " + (r.after.empty() ? "-" : r.after) + "\n";
  }
  if (rows.empty()) out += "no knob differs\n";
  auto bytes = [&](const char* what, std::int64_t b, std::int64_t a) {
    out += std::string(what) + grouped(b) + " -> " + grouped(a) + " bytes (" +
           signed_text(a >= b, grouped(a - b)) + ")\n";
  };
  bytes("weights   ", before.weights, after.weights);
  bytes("kv        ", before.kv, after.kv);
  bytes("peak      ", before.peak, after.peak);
  if (before_ms > 0 || after_ms > 0)
    out += "expected  " + fixed(before_ms) + " -> " + fixed(after_ms) + " ms (" +
           signed_text(after_ms >= before_ms, fixed(after_ms - before_ms)) + ")\n";
  return out;
}

}  // namespace ttt
