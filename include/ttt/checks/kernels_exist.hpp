// A kernel exists for every op on the device, under the policy each module resolved to.
#pragma once

#include <ttt/checks/diagnosis.hpp>
#include <ttt/plan/emit.hpp>

namespace ttt::checks {

/// Formats, fidelity and cache form of one op against the catalog; names the nearest that exists.
[[nodiscard]] constexpr Diagnosis KernelExists(const PlanOp& op) {
  const PartName part = op.name == OpName::none          ? PartName::whole
                        : op.name < OpName::mlp_gate_up  ? PartName::attention
                                                         : PartName::mlp;
  if (op.weights != DType::automatic && !catalog::is_weight_format(op.weights))
    return {Issue::no_kernel_for_weights, {static_cast<int>(bits_of(op.weights))}, Advice::UseBf16Weights, {}, op.module,
            part};
  if (op.kv != DType::automatic && !catalog::is_kv_format(op.kv))
    return {Issue::no_kernel_for_kv, {static_cast<int>(bits_of(op.kv))}, Advice::UseFp16Kv, {}, op.module, part};
  return {};
}

/// Activations between ops and sums within them are fp32; fidelity says how products take their operands.
[[nodiscard]] constexpr Diagnosis ArithmeticExists(const HardwareConfig& c, int module, PartName part) {
  if (c.activations != DType::fp32)
    return {Issue::no_kernel_for_activations, {static_cast<int>(bits_of(c.activations))}, Advice::UseFp32Activations,
            {}, module, part};
  if (c.accumulate != DType::fp32)
    return {Issue::no_kernel_for_accumulation, {static_cast<int>(bits_of(c.accumulate))},
            Advice::UseFp32Accumulation, {}, module, part};
  if (catalog::cpu_supports_fidelity(c.fidelity)) return {};
  const int phases = static_cast<int>(c.fidelity) - static_cast<int>(Fidelity::lofi);
  return {Issue::no_kernel_for_fidelity, {phases == 0 ? 0 : phases + 1}, Advice::UseHiFi4, {}, module, part};
}

[[nodiscard]] constexpr Diagnosis CacheFormExists(const HardwareConfig& c, int module) {
  if (c.kv_form == KvForm::contiguous) return {};
  return {Issue::paged_kv_is_not_supported, {c.page}, Advice::UseContiguousKv, {}, module, PartName::attention};
}

/// Embedding and head that share a table agree on its format.
[[nodiscard]] constexpr Diagnosis TiedFormatsAgree(const PlanRequest& request) {
  DType table = DType::automatic;
  Diagnosis found;
  emit_ops(request, false, [&](const PlanOp& op) {
    if (op.kind == OpKind::embed) table = op.weights;
    const bool tied = op.kind == OpKind::linear && !request.model.model.module(op.module).linear.tied_to.empty();
    if (tied && table != DType::automatic && op.weights != table)
      found = {Issue::tied_formats_differ,
               {static_cast<int>(bits_of(table)), static_cast<int>(bits_of(op.weights))},
               Advice::UseOneTableFormat,
               {static_cast<int>(bits_of(table))},
               op.module};
  });
  return found;
}

/// All of them over a request; the first that fails.
[[nodiscard]] constexpr Diagnosis KernelsExist(const PlanRequest& request) {
  const auto& runs = request.model.model.runs;
  if (const int count = ropes_of(request.model.model).count; count > rope_limit)
    return {Issue::too_many_rotary_embeddings, {count, rope_limit}, Advice::UseFewerRopes, {rope_limit}};
  int index = 0;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    for (std::size_t i = 0; i < runs[r].modules.size(); ++i) {
      const ModuleConfig c = request.model.resolved(request.device, r, i);
      const ModuleSpec& m = runs[r].modules[i];
      const int at = index + static_cast<int>(i);
      if (m.has_attention()) {
        if (const Diagnosis d = ArithmeticExists(c.attention, at, PartName::attention); !d.ok()) return d;
        if (const Diagnosis d = CacheFormExists(c.attention, at); !d.ok()) return d;
      }
      if (m.has_mlp())
        if (const Diagnosis d = ArithmeticExists(c.mlp, at, PartName::mlp); !d.ok()) return d;
      if (m.kind == ModuleKind::linear || m.kind == ModuleKind::embedding)
        if (const Diagnosis d = ArithmeticExists(c.self, at, PartName::whole); !d.ok()) return d;
    }
    index += static_cast<int>(runs[r].modules.size()) * runs[r].count;
  }
  Diagnosis found;
  emit_ops(request, false, [&](const PlanOp& op) {
    if (found.ok()) found = KernelExists(op);
  });
  return found.ok() ? TiedFormatsAgree(request) : found;
}

}  // namespace ttt::checks
