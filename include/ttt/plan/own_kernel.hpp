// Own kernels in a plan: which op runs with one, what it is told of it, and what it takes.
#pragma once

#include <ttt/catalog/packing.hpp>
#include <ttt/plan/op.hpp>
#include <ttt/plan/request.hpp>

namespace ttt {

/// The op as its kernel is asked about it: the widest step of the plan.
[[nodiscard]] constexpr OpShape shape_of(const PlanRequest& request, const PlanOp& op) {
  OpShape s;
  s.op = op.kind;
  s.device = request.device.kind;
  s.rows = op.out == Role::logits ? request.logits_rows() : request.rows();
  s.sessions = request.workload.batch;
  s.keys = request.workload.context;
  const ModuleSpec& m = request.model.model.module(op.module);
  if (m.has_attention()) {
    s.heads = m.attention.heads;
    s.kv_heads = m.attention.kv_heads;
    s.head_dim = m.attention.head_dim;
  }
  s.kv = op.kv;
  s.n = op.n;
  s.k = op.k;
  s.weights = op.weights;
  s.operands = op.operands;
  s.activation = op.activation;
  s.norm = op.norm;
  return s;
}

/// Where the own kernel that runs an op stands in the request's model, or -1: the device's own runs it.
[[nodiscard]] constexpr int own_kernel_of(const PlanRequest& request, const PlanOp& op) {
  return op.variant == KernelVariant::own ? request.model.own_kernel(op.own_kernel) : -1;
}

/// Bytes of scratch of one part: what the kernel asks for over all parts, dealt out evenly, each part's share aligned.
[[nodiscard]] constexpr std::int64_t own_scratch_stride(const PlanRequest& request, const PlanOp& op) {
  const int own = own_kernel_of(request, op);
  if (own < 0) return 0;
  const std::int64_t bytes = request.model.own_kernels[static_cast<std::size_t>(own)].scratch_bytes(
      shape_of(request, op), request.parts);
  return bytes > 0 ? catalog::round_up((bytes + request.parts - 1) / request.parts, 64) : 0;
}

/// Decides an op whose policy names an own kernel: it runs with that kernel if the kernel is for such ops, and with the
/// device's own otherwise. Costs become the kernel's, taken to be linear in rows and keys; on a mesh they stay the
/// device's, since a kernel knows nothing of what the other chips do.
constexpr void take_own_kernel(const PlanRequest& request, PlanOp& op) {
  const int found = request.model.own_kernel(op.own_kernel);
  const OwnKernelEntry own = found < 0 ? OwnKernelEntry{} : request.model.own_kernels[static_cast<std::size_t>(found)];
  if (found < 0 || own.op != op.kind) {
    op.variant = op.kind == OpKind::attention ? KernelVariant::flash : KernelVariant::fused;
    op.own_kernel = {};
    return;
  }
  op.own_kernel = own.name;
  if (request.device.chips() > 1) return;
  OpShape step = shape_of(request, op);
  const double keys = step.keys > 0 ? step.keys : 1;
  step.rows = step.sessions = 1;
  const OpCost far = own.cost(step);
  step.keys = 0;
  const OpCost near = own.cost(step);
  if (op.kind == OpKind::attention) {
    op.flops_per_row = near.flops;
    op.flops_per_row_and_key = (far.flops - near.flops) / keys;
    op.bytes_per_key = (far.bytes - near.bytes) / keys;
  } else {
    op.flops_per_row = near.flops;
    op.weight_bytes = static_cast<std::int64_t>(near.bytes);
  }
}

}  // namespace ttt
