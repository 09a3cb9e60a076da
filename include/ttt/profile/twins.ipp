// Definitions of twins.hpp.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/profile/twins.hpp>

namespace ttt {

TTT_INLINE bool are_twins(const PlanOp& a, const PlanOp& b) {
  return a.kind == b.kind && a.name == b.name && a.name != OpName::none && a.n == b.n && a.k == b.k &&
         a.head_dim == b.head_dim && a.kv_heads == b.kv_heads;
}
TTT_INLINE bool same_policy(const PlanOp& a, const PlanOp& b) {
  return a.weights == b.weights && a.operands == b.operands && a.variant == b.variant && a.own_kernel == b.own_kernel &&
         a.kv == b.kv && a.fidelity == b.fidelity && a.decode_fidelity == b.decode_fidelity;
}
TTT_INLINE bool runs_alike(std::span<const PlanOp> a, std::span<const PlanOp> b, std::span<const char> only) {
  if (a.size() != b.size()) return false;
  for (std::size_t o = 0; o < a.size(); ++o)
    if ((only.empty() || only[o] != 0) && !same_policy(a[o], b[o])) return false;
  return true;
}

TTT_INLINE Twins twins_of(std::span<const PlanOp> ops, const PlanOp& op) {
  Twins t;
  for (const PlanOp& a : ops) {
    if (!are_twins(a, op)) continue;
    ++t.all;
    std::size_t alike = 0;
    for (const PlanOp& b : ops) alike += are_twins(a, b) && same_policy(a, b) ? 1 : 0;
    if (alike > t.alike) {
      t.alike = alike;
      t.usual = &a;
    }
  }
  return t;
}
TTT_INLINE const PlanOp* usual_twin(std::span<const PlanOp> ops, const PlanOp& op) {
  const Twins t = twins_of(ops, op);
  return t.all >= 3 && 2 * t.alike > t.all ? t.usual : nullptr;
}

TTT_INLINE HardwareConfig formats_of_twin(const PlanOp& op, const PlanOp& twin) {
  HardwareConfig c;
  const auto group = static_cast<std::size_t>(op.group);
  if (op.kind == OpKind::attention) {
    if (op.kv != twin.kv) c.kv = twin.kv;
    if (op.fidelity != twin.fidelity) c.scores_prompt = twin.fidelity;
    if (op.decode_fidelity != twin.decode_fidelity) c.scores_decode = twin.decode_fidelity;
  } else {
    if (op.weights != twin.weights) c.weights[group] = twin.weights;
    if (op.fidelity != twin.fidelity) c.fidelity[group] = twin.fidelity;
  }
  return c;
}

}  // namespace ttt
