// Own kernels: each that a policy names is there, replaces something, and supports what it would run.
#pragma once

#include <ttt/checks/kernels_exist.hpp>

namespace ttt::checks {

/// What to try where an own kernel does not support an op: a format that it does and the device has, of keys and values,
/// of weights, of operands, in this order; else the device's own kernel.
[[nodiscard]] constexpr Diagnosis own_kernel_remedy(const PlanRequest& request, const PlanOp& op,
                                                    const OwnKernelEntry& kernel, Diagnosis d) {
  auto try_with = [&](Advice advice, auto there, auto OpShape::*member, auto value_of) {
    for (int i = 1; i < 32 && d.advice == Advice::none; ++i) {
      const auto asked = static_cast<decltype(there)>(i);
      if (!value_of(asked).first) continue;
      OpShape s = shape_of(request, op);
      s.*member = value_of(asked).second;
      if (kernel.supports(s)) {
        d.advice = advice;
        d.advice_numbers = {i};
      }
    }
  };
  struct Choice {
    bool first;
    DType second;
  };
  const DeviceSupports& there = request.device.supports;
  if (op.kv != DType::automatic)
    try_with(Advice::UseKv, DType{}, &OpShape::kv, [&](DType t) { return Choice{there.kv.has(t), t}; });
  if (op.weights != DType::automatic) {
    try_with(Advice::UseWeights, DType{}, &OpShape::weights, [&](DType t) { return Choice{there.weights.has(t), t}; });
    try_with(Advice::UseFidelity, Fidelity{}, &OpShape::operands,
             [&](Fidelity f) { return Choice{there.fidelity.has(f), catalog::operands_of(f)}; });
  }
  if (d.advice == Advice::none) {
    d.advice = Advice::UseKernel;
    d.advice_numbers = {static_cast<int>(op.kind == OpKind::attention ? KernelVariant::flash : KernelVariant::fused)};
  }
  return d;
}

template <std::size_t N>
constexpr void OwnKernelsSupport(const PlanRequest& request, Findings<N>& out) {
  // Named, but not there or of no use: on the first module that names it.
  request.model.model.each_distinct([&](const ModuleSpec& m, std::size_t r, std::size_t i, int at) {
    auto check = [&](PartName part) {
      const HardwareConfig c = request.model.resolved(request.device, r, i, part);
      if (c.kernel != KernelVariant::own || out.full()) return;
      const KernelVariant instead = part == PartName::attention ? KernelVariant::flash : KernelVariant::fused;
      const int number = request.model.own_kernel(c.own_kernel);
      if (number < 0)
        return out.add({Issue::own_kernel_unknown, {static_cast<int>(request.model.own_kernels.size())},
                        Advice::UseKernel, {static_cast<int>(instead)}, at, part});
      const OwnKernelEntry entry = request.model.own_kernels[static_cast<std::size_t>(number)];
      bool used = false;
      emit_ops(request, false, [&](const PlanOp& op) {
        used = used || (op.variant == KernelVariant::own && op.own_kernel == entry.name);
      });
      if (!used)
        out.add({Issue::own_kernel_replaces_nothing, {static_cast<int>(entry.op)}, Advice::UseKernel,
                 {static_cast<int>(instead)}, at, part});
    };
    if (m.has_attention()) check(PartName::attention);
    if (m.has_mlp()) check(PartName::mlp);
    if (!m.has_attention() && !m.has_mlp()) check(PartName::whole);
  });
  if (request.model.own_kernels.empty()) return;
  emit_ops(request, false, [&](const PlanOp& op) {
    const int number = own_kernel_of(request, op);
    if (number < 0 || out.full()) return;
    const OwnKernelEntry entry = request.model.own_kernels[static_cast<std::size_t>(number)];
    const OpShape s = shape_of(request, op);
    if (entry.supports(s)) return;
    Diagnosis d{.module = op.module, .part = part_of(op.name)};
    if (op.kind == OpKind::attention) {
      d.issue = Issue::own_kernel_lacks_attention;
      d.numbers = {static_cast<int>(s.kv), s.head_dim, s.heads, s.kv_heads};
    } else {
      d.issue = Issue::own_kernel_lacks_product;
      d.numbers = {static_cast<std::int64_t>(s.weights), static_cast<std::int64_t>(s.operands), s.n, s.k};
    }
    out.add(own_kernel_remedy(request, op, entry, d));
  });
}

}  // namespace ttt::checks
