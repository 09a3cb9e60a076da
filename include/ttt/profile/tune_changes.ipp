// Definitions of tune_changes.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/tune_changes.hpp>

namespace ttt {

TTT_INLINE HardwareConfig without_knobs(const HardwareConfig& change, const HardwareConfig& fixed) {
  HardwareConfig c = change;
  const auto drop = [](auto& mine, const auto& theirs) {
    if (theirs != std::remove_cvref_t<decltype(mine)>{}) mine = {};
  };
  for (std::size_t i = 0; i < weight_group_count; ++i) {
    drop(c.weights[i], fixed.weights[i]);
    drop(c.fidelity[i], fixed.fidelity[i]);
    drop(c.shard[i], fixed.shard[i]);
  }
  drop(c.activations, fixed.activations);
  drop(c.accumulate, fixed.accumulate);
  drop(c.kv, fixed.kv);
  drop(c.scores_prompt, fixed.scores_prompt);
  drop(c.scores_decode, fixed.scores_decode);
  drop(c.kv_form, fixed.kv_form);
  drop(c.qkv, fixed.qkv);
  drop(c.qkv_layout, fixed.qkv_layout);
  drop(c.layout, fixed.layout);
  drop(c.kernel, fixed.kernel);
  drop(c.page, fixed.page);
  drop(c.chunk, fixed.chunk);
  return c;
}

TTT_INLINE Result<PolicySet> with_change(const PolicySet& best, const TuneCandidate& candidate, const PolicySet& given) {
  HardwareConfig fixed = given.whole;
  for (const PathPolicy& p : given.tuning) fixed = merged(fixed, p.config);
  TTT_TRY(PolicySet change, parse_policy(candidate.policy));
  change.whole = without_knobs(change.whole, fixed);
  for (PathPolicy& p : change.tuning) p.config = without_knobs(p.config, fixed);
  std::erase_if(change.tuning, [](const PathPolicy& p) { return p.config == HardwareConfig{}; });
  return merged(best, change);
}

TTT_INLINE std::optional<TuneCandidate> for_layers(const TuneCandidate& c, int first, int last) {
  auto set = parse_policy(c.policy);
  if (!set) return std::nullopt;
  for (PathPolicy& p : set->tuning) {
    if (!p.path.starts_with("layers.")) continue;
    const std::size_t end = std::min(p.path.find('.', 7), p.path.size());
    p.path = (first == last ? fmt::format("layers.{}", first) : fmt::format("layers.{}-{}", first, last)) + p.path.substr(end);
  }
  TuneCandidate out = c;
  out.policy = text_of(*set);
  out.first = first;
  out.last = last;
  out.gain = c.gain * (last - first + 1) / (c.last - c.first + 1);
  return out;
}

}  // namespace ttt
