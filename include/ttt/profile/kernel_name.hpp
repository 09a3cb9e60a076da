// What an op's kernel is called.
#pragma once

#include <string>

#include <ttt/runtime/state.hpp>

namespace ttt {

/// `avx2::gated<bf16, fp32, silu>`, `ttnn::qkv<bfloat8_b, HiFi2>`, `own::NAME`: what an op's kernel is keyed on.
[[nodiscard]] std::string kernel_name(const ModelState& state, const PlanOp& op);

}  // namespace ttt
