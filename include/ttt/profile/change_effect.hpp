// ChangeEffect: what a change of policy would do to a profiled model, by the model of expected times.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ttt/profile/phase_cost.hpp>
#include <ttt/profile/profile_rows.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

struct SuggestSource;

struct ChangeEffect {
  double prompt_ms = 0, decode_ms = 0;  ///< of a pass; less is faster
  std::int64_t bytes = 0;               ///< of the plan's peak
  AccuracyChange accuracy = AccuracyChange::same;
};

/// Plans changes and compares them with what was measured.
class ChangeEffects {
 public:
  /// Requires: everything given stays.
  ChangeEffects(const SuggestSource& source, const PhaseRows& prompt, const PhaseRows& decode,
                const std::vector<ProfileRow>& rows);
  /// Nothing where the checks refuse the change, or the plan stays the same.
  [[nodiscard]] std::optional<ChangeEffect> of(std::span<const PathPolicy> policies, int threads) const;

 private:
  [[nodiscard]] double milliseconds(const PhaseSamples& samples, const PhaseRows& rows, const std::vector<PlanOp>& after,
                                    const DeviceRates& rates) const;
  const SuggestSource* source_;
  const PhaseRows* prompt_;
  const PhaseRows* decode_;
  const std::vector<ProfileRow>* rows_;
};

}  // namespace ttt
