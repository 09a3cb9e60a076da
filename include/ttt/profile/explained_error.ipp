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

}  // namespace explaining

TTT_INLINE double explained_error(const ModelState& state, std::size_t first, std::size_t last, double rounding) {
  double sum = 0;
  const auto add = [&](double e) { sum += e * e; };
  for (std::size_t o = first; o <= last; ++o) {
    const PlanOp& op = state.ops[o];
    add(rounding);
    if (op.kind == OpKind::attention) {
      add(explaining::rounding_of(op.kv));
      const Fidelity least = op.fidelity < op.decode_fidelity ? op.fidelity : op.decode_fidelity;
      add(explaining::rounding_of(catalog::operands_of(least)));
      continue;
    }
    if (op.weights != state.request.stored) add(explaining::rounding_of(op.weights));
    if (op.kind != OpKind::embed) add(explaining::rounding_of(op.operands));
  }
  return std::sqrt(sum);
}

}  // namespace ttt
