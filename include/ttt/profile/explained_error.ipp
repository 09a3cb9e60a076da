// Definitions of explained_error.hpp.
#pragma once

#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/explained_error.hpp>

namespace ttt {

namespace explaining {

/// Relative error of numbers near a normal distribution, rounded: of the floating formats half a unit in the last place
/// over the root of three, at the mean of a binade; of groups what their scales leave.
inline double rounding_of(DType t) {
  switch (t) {
    case DType::fp16: return 2e-4;
    case DType::bf16: return 1.7e-3;
    case DType::int8: return 7e-3;
    case DType::int4: return 0.11;
    case DType::int4m: return 0.09;
    case DType::automatic:
    case DType::stored:
    case DType::fp32: return 0;
    default: break;
  }
  return std::exp2(1 - block_facts(t).bits) / 1.2;  // a format of the user's own, or another device's
}

/// What the multiplier's phases leave out of both operands: LoFi the last three bits of a weight's seven and one of the
/// row's, HiFi2 that one (docs/ttnn-numerics.md).
inline double phases_of(Fidelity f) { return f == Fidelity::lofi ? 2.3e-2 : f == Fidelity::hifi2 ? 5e-3 : 0; }

/// On Tensix cores: rows that are rounded at every boundary between TTNN's ops, phases, and sums that a bf16 Dst rounds at
/// every step.
inline double on_tensix(const ModelState& state, const PlanOp& op) {
  const HardwareConfig c = state.config(op);
  const double boundaries = op.kind == OpKind::embed ? 1 : op.kind == OpKind::attention || op.kind == OpKind::projection ? 4 : 6;
  double sum = boundaries * rounding_of(c.activations) * rounding_of(c.activations);
  if (op.kind == OpKind::embed) return std::sqrt(sum);
  const Fidelity least = op.kind == OpKind::attention && op.decode_fidelity < op.fidelity ? op.decode_fidelity : op.fidelity;
  sum += phases_of(least) * phases_of(least);
  if (c.accumulate != DType::fp32) sum += op.k / 16.0 * static_cast<int>(least) * 1e-6;
  return std::sqrt(sum);
}

}  // namespace explaining

TTT_INLINE double explained_error(const ModelState& state, std::size_t first, std::size_t last, double rounding) {
  double sum = 0;
  const auto add = [&](double e) { sum += e * e; };
  for (std::size_t o = first; o <= last; ++o) {
    const PlanOp& op = state.ops[o];
    add(rounding);
    if (op.kind == OpKind::attention) {
      add(explaining::rounding_of(op.kv));
      if (state.engine != nullptr) {
        add(explaining::on_tensix(state, op));
        continue;
      }
      const Fidelity least = op.fidelity < op.decode_fidelity ? op.fidelity : op.decode_fidelity;
      add(explaining::rounding_of(catalog::operands_of(least)));
      continue;
    }
    if (op.weights != state.request.stored) add(explaining::rounding_of(op.weights));
    if (state.engine != nullptr)
      add(explaining::on_tensix(state, op));
    else if (op.kind != OpKind::embed)
      add(explaining::rounding_of(op.operands));
  }
  return std::sqrt(sum);
}

}  // namespace ttt
