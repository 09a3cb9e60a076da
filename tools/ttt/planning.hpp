// Plans without weights: what describe, check and plan look at.
#pragma once

#include <memory>
#include <string>

#include <ttt/profile/kernel_name.hpp>

#include "loading.hpp"

namespace ttt::tool {

/// What `stored` weights are: what config.json's `dtype` says, bf16 if it says nothing.
[[nodiscard]] DType stored_format(const Found& found);

/// The plan of a config.json alone, for the cpu or, without kernels, for the device that --device describes. Errors:
/// those of plan_state.
[[nodiscard]] Result<std::shared_ptr<ModelState>> plan_model(const Found& found, const HowToRun& how);

/// The pools of pages that a plan for the cpu has; none where every cache is contiguous, or on another device.
[[nodiscard]] std::span<const KvPoolPlan> pools_of(const ModelState& plan);

/// --batch, --context and --kv-tokens onto the workload; the context defaults to the model's, at most 4096, in whole
/// tiles of the device.
void set_workload(const Arguments& arguments, const ArchitectureSpec& spec, HowToRun& how);

}  // namespace ttt::tool
