// Plans without weights: what describe, check and plan look at.
#pragma once

#include <memory>
#include <string>

#include "loading.hpp"

namespace ttt::tool {

/// The plan of a config.json alone: weights count as what its `dtype` says, bf16 if it says nothing. Errors:
/// those of plan_state.
[[nodiscard]] Result<std::shared_ptr<ModelState>> plan_model(const Found& found, const HowToRun& how);

/// `avx2::gated<bf16, fp32, silu>`: what an op's kernel is keyed on.
[[nodiscard]] std::string kernel_name(const ModelState& state, const PlanOp& op);

/// --batch and --context onto the workload; the context defaults to the model's, at most 4096.
void set_workload(const Arguments& arguments, const ArchitectureSpec& spec, HowToRun& how);

}  // namespace ttt::tool
