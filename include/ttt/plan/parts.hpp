// How many parts an op is cut into: fewer than there are threads where handing parts over costs more than it saves.
#pragma once

#include <ttt/plan/expected.hpp>

namespace ttt {

/// The parts of a plan's ops, one a thread at most. Results are the same bits whatever their number.
///
/// An op of p parts takes work / p, and every part costs an addition to one word that all p threads wait for, one after
/// the other. So one part more gains while work / (p (p + 1)) is more than such an addition costs: half of the least work
/// that is worth a second part, `DeviceTraits::split_s`. Where no op of a step is cut only the caller's thread runs.
class PartsRule {
 public:
  /// `ops`: those of the plan, each as often as its `repeat` says. Requires: `request` outlives the rule.
  template <class Ops>
  constexpr PartsRule(const PlanRequest& request, const Ops& ops) : request_(&request) {
    double weights = 0;
    for (const PlanOp& op : ops) weights += static_cast<double>(op.repeat) * static_cast<double>(op.weight_bytes);
    const DeviceTraits& d = request.device;
    bytes_per_s_ = weights < static_cast<double>(d.cache_bytes[2]) ? d.cached_bytes_per_s : d.read_bytes_per_s;
  }

  /// Of one op in a step. An own kernel gets the parts it was asked for its scratch with, an own module one.
  [[nodiscard]] constexpr int parts(const PlanOp& op, const StepShape& step) const {
    const int most = request_->parts;
    if (op.kind == OpKind::own) return 1;
    if (most == 1 || request_->split_all || op.variant == KernelVariant::own) return most;
    const double work = one_core_seconds(op, step), each = request_->device.split_s / 2;
    if (each * most * (most - 1) <= work) return most;
    int parts = 1;
    while (parts < most && each * parts * (parts + 1) <= work) ++parts;
    return parts;
  }

  /// Seconds that one core takes for an op at least, the weights being where the last step left them.
  [[nodiscard]] constexpr double one_core_seconds(const PlanOp& op, const StepShape& step) const {
    const OpWork work = work_of(op, step);
    // Rows that are only moved or scaled (embedding, norm) are read and written in fp32.
    const double bytes = work.bytes + (work.flops > 0 ? 0 : 8 * step.rows * op.n);
    const double peak = request_->device.peak(fidelity_of(op, step.decode));
    const double reading = bytes_per_s_ > 0 ? bytes / bytes_per_s_ : 0, computing = peak > 0 ? work.flops / peak : 0;
    return reading > computing ? reading : computing;
  }

 private:
  const PlanRequest* request_;
  double bytes_per_s_ = 0;
};

}  // namespace ttt
