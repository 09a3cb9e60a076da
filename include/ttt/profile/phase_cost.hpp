// What a pass of a phase is expected to take, op by op.
#pragma once

#include <vector>

#include <ttt/plan/expected.hpp>
#include <ttt/profile/measurement.hpp>

namespace ttt {

/// One op over a pass.
struct OpCostOfPass {
  ExpectedTime time{};  ///< its parts of all steps
  double seconds = 0;
  double limit_s = 0;   ///< bytes and FLOPs at what no kernel can beat
  OpWork work{};
};

/// Bytes that one decoding step behind `keys` positions reads: what has to lie in a cache to come from there.
[[nodiscard]] double set_of(const std::vector<PlanOp>& ops, double keys);

/// Of every op, in the order of the plan. `samples` says which steps a pass has.
[[nodiscard]] std::vector<OpCostOfPass> cost_of_pass(const std::vector<PlanOp>& ops, const DeviceRates& rates,
                                                     const PhaseSamples& samples, int decoded);

}  // namespace ttt
