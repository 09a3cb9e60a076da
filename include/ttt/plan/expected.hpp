// Expected times: the larger of what must be read and what must be computed, at the device's rates.
#pragma once

#include <ttt/plan/emit.hpp>

namespace ttt {

/// What one op does in one step on one chip.
struct OpWork {
  double flops = 0;
  double bytes = 0;
  double link_bytes = 0;
};

/// The rows of one step and the positions behind each of them. Decoding: a row a session, each with half of the context
/// behind it. A prompt of n tokens: its chunks together read the weights once a chunk, and each row sees half of n.
struct StepShape {
  double rows = 1;      ///< tokens
  double sessions = 1;  ///< that read their own keys and values
  double keys = 0;      ///< behind a row, on average
  double reads = 1;     ///< times the weights are read
  bool decode = true;
};
[[nodiscard]] constexpr StepShape step_shape(const PlanRequest& request) {
  const Workload& w = request.workload;
  if (w.prompt == 0)
    return {static_cast<double>(w.batch), static_cast<double>(w.batch), w.context / 2.0, 1, true};
  const int rows = request.rows();
  const double chunks = (w.prompt + rows - 1) / rows;
  return {static_cast<double>(w.prompt), chunks, w.prompt / 2.0, chunks, false};
}

[[nodiscard]] constexpr OpWork work_of(const PlanOp& op, const StepShape& step) {
  return {step.rows * (op.flops_per_row + op.flops_per_row_and_key * step.keys),
          step.reads * static_cast<double>(op.weight_bytes) + step.sessions * op.bytes_per_key * step.keys,
          step.rows * op.link_bytes_per_row};
}

/// Seconds of one op, once. Requires a device whose rates are known.
[[nodiscard]] constexpr double op_seconds(const PlanOp& op, const DeviceTraits& device, const StepShape& step) {
  const OpWork work = work_of(op, step);
  Fidelity fidelity = op.kind == OpKind::attention && step.decode ? op.decode_fidelity : op.fidelity;
  if (fidelity == Fidelity::automatic) fidelity = Fidelity::hifi4;
  const double reading = device.read_bytes_per_s > 0 ? work.bytes / device.read_bytes_per_s : 0;
  const double computing = device.peak(fidelity) > 0 ? work.flops / device.peak(fidelity) : 0;
  const double sending = device.link_bytes_per_s > 0 ? work.link_bytes / device.link_bytes_per_s : 0;
  return (reading > computing ? reading : computing) + sending + step.reads * device.op_overhead_s;
}

/// What a request's step adds up to, on one chip.
struct StepCost {
  double flops = 0;
  double bytes = 0;
  double seconds = 0;
};
[[nodiscard]] constexpr StepCost step_cost(const PlanRequest& request) {
  StepCost cost;
  const StepShape step = step_shape(request);
  emit_ops(request, false, [&](const PlanOp& op) {
    const OpWork work = work_of(op, step);
    cost.flops += op.repeat * work.flops;
    cost.bytes += op.repeat * work.bytes;
    cost.seconds += op.repeat * op_seconds(op, request.device, step);
  });
  return cost;
}

}  // namespace ttt
