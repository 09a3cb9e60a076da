// Definitions of final_norm.hpp.
#pragma once

#include <cstring>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/final_norm.hpp>

namespace ttt {

TTT_INLINE FinalNorm::FinalNorm(const ModelState& state) : state_(state) {
  for (const PlanOp& op : state.ops)
    if (op.norm_module >= 0) module_ = op.norm_module;
}

TTT_INLINE void FinalNorm::operator()(const float* rows, float* out, int count, int width) const {
  if (module_ < 0) {
    std::memcpy(out, rows, static_cast<std::size_t>(count) * static_cast<std::size_t>(width) * sizeof(float));
    return;
  }
  const NormSpec& spec = state_.model.view().module(module_).norm;
  const NormWeights& w = state_.weights.modules[static_cast<std::size_t>(module_)].attention_norm;
  const kernels::NormKind kind = spec.layer ? kernels::NormKind::layer : kernels::NormKind::rms;
  state_.kernels->norm({rows, out, count, width, {kind, static_cast<float>(spec.eps.v), w.weight, w.bias}}, {0, 1});
}

}  // namespace ttt
