// Definitions of phase_cost.hpp.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/phase_cost.hpp>

namespace ttt {

TTT_INLINE double set_of(const std::vector<PlanOp>& ops, double keys) {
  double bytes = 0;
  for (const PlanOp& op : ops) bytes += static_cast<double>(op.weight_bytes) + op.bytes_per_key * keys;
  return bytes;
}

TTT_INLINE std::vector<OpCostOfPass> cost_of_pass(const std::vector<PlanOp>& ops, const DeviceRates& rates,
                                                  const PhaseSamples& samples, int decoded) {
  const bool decode = samples.phase == Phase::decode;
  const double depth = samples.depth + (decode ? decoded / 2.0 : 0.0);
  const double set = set_of(ops, decode ? depth : samples.tokens / 2.0);
  std::vector<OpCostOfPass> costs(ops.size());
  double before = depth;
  for (std::size_t s = 0; s < samples.steps.size(); ++s) {
    const double rows = samples.steps[s];
    const bool last = s + 1 == samples.steps.size();
    for (std::size_t o = 0; o < ops.size(); ++o) {
      const PlanOp& op = ops[o];
      if (op.out == Role::logits && !last) continue;  // only the last token's logits are asked for
      StepShape step{rows, 1, before + (decode ? 1 : (rows + 1) / 2), 1, decode, set};
      if (op.out == Role::logits) step.rows = 1;
      // A prompt reads the head once, long after it was last read: no cache still has it.
      if (op.out == Role::logits && !decode) step.set = 1e18;
      const ExpectedTime t = expected_time(op, rates, step);
      const OpWork work = work_of(op, step);
      const double read = rates.reading_of(set).bytes_per_s, peak = rates.peak(fidelity_of(op, decode));
      OpCostOfPass& c = costs[o];
      c.time.reading += t.reading;
      c.time.computing += t.computing;
      c.time.overhead += t.overhead;
      c.seconds += t.seconds();
      c.limit_s += std::max(read > 0 ? work.bytes / read : 0, peak > 0 ? work.flops / peak : 0);
      c.work.flops += work.flops;
      c.work.bytes += work.bytes;
    }
    before += rows;
  }
  return costs;
}

}  // namespace ttt
