// Definitions of change_effect.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/profile/change_effect.hpp>
#include <ttt/profile/suggest.hpp>
#include <ttt/profile/twins.hpp>

namespace ttt {

namespace effects {

/// -1 where the first is the less accurate, 1 where it is the more accurate.
inline int compared(const PlanOp& after, const PlanOp& before) {
  int better = 0, worse = 0;
  const auto count = [&](double a, double b) {
    better += a > b ? 1 : 0;
    worse += a < b ? 1 : 0;
  };
  count(bits_of(after.weights), bits_of(before.weights));
  count(bits_of(after.kv), bits_of(before.kv));
  count(static_cast<double>(after.fidelity), static_cast<double>(before.fidelity));
  count(static_cast<double>(after.decode_fidelity), static_cast<double>(before.decode_fidelity));
  return worse > 0 ? -1 : better > 0 ? 1 : 0;
}

inline AccuracyChange accuracy_of(const std::vector<PlanOp>& after, const std::vector<PlanOp>& before) {
  bool better = false, worse = false;
  for (std::size_t o = 0; o < after.size(); ++o) {
    const int c = compared(after[o], before[o]);
    better = better || c > 0;
    worse = worse || c < 0;
  }
  return worse ? AccuracyChange::worse : better ? AccuracyChange::better : AccuracyChange::same;
}

}  // namespace effects

TTT_INLINE ChangeEffects::ChangeEffects(const SuggestSource& source, const PhaseRows& prompt, const PhaseRows& decode,
                                        const std::vector<ProfileRow>& rows)
    : source_(&source), prompt_(&prompt), decode_(&decode), rows_(&rows) {}

/// How much longer a pass would take. What takes as long as expected goes on to differ from expectation by as much; what
/// takes far longer is taken to have found its fault when its policy changes.
TTT_INLINE double ChangeEffects::milliseconds(const PhaseSamples& samples, const PhaseRows& rows,
                                              const std::vector<PlanOp>& after, const DeviceRates& rates) const {
  const RowSource& s = source_->rows;
  const std::vector<OpCostOfPass> costs = cost_of_pass(after, rates, samples, s.decoded);
  const bool crowded = s.measurement.threads > s.cores;
  double sum = 0;
  for (std::size_t o = 0; o < after.size(); ++o) {
    const ProfileRow& row = (*rows_)[rows.op[o]];
    const double expected = costs[o].seconds * 1e3;
    const double judged = row.judged_ms;
    const bool faulty = crowded || (row.should_ms > 0 && judged >= s.factor * row.should_ms);
    const bool changed = crowded || !same_policy(after[o], s.state.ops[o]);
    const double scaled = row.expected_ms > 0 ? judged * expected / row.expected_ms : judged;
    sum += (!faulty ? scaled : changed ? expected : judged) - judged;
  }
  return sum;
}

TTT_INLINE std::optional<ChangeEffect> ChangeEffects::of(std::span<const PathPolicy> policies, int threads) const {
  const auto planned = source_->model.plan_with(policies, threads);
  if (!planned) return std::nullopt;
  const ModelState& after = **planned;
  const ModelState& before = source_->rows.state;
  if (after.ops.size() != before.ops.size()) return std::nullopt;
  if (threads <= 0 && runs_alike(after.ops, before.ops)) return std::nullopt;
  const DeviceRates rates = threads > 0 ? rates_of(source_->calibration, threads, source_->now) : source_->rows.rates;
  const Measurement& m = source_->rows.measurement;
  return ChangeEffect{milliseconds(m.prompt, *prompt_, after.ops, rates), milliseconds(m.decode, *decode_, after.ops, rates),
                      after.totals.peak - before.totals.peak, effects::accuracy_of(after.ops, before.ops)};
}

}  // namespace ttt
