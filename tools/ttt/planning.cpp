#include "planning.hpp"

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/checks/explain.hpp>
#include <ttt/checks/gate.hpp>

namespace ttt::tool {

DType stored_format(const Found& found) {
  return found.config.dtype == DType::automatic ? DType::bf16 : found.config.dtype;
}

Result<std::shared_ptr<ModelState>> plan_model(const Found& found, const HowToRun& how) {
  const OwnedModel model(found.config.spec);
  const StateInput input{.model = model.view(), .max_position = found.config.spec.max_sequence_length};
  if (how.device.kind != DeviceKind::cpu) {
    TTT_TRY(std::shared_ptr<ModelState> state, plan_on_device(input, how.device, stored_format(found), how.options));
    if (const Diagnosis d = diagnose(state->request); !d.ok()) return error_of(d, state->model.view());
    return state;
  }
  LoadOptions options = how.options;
  options.names = found.config.names;
  options.kernels = found.kernels;
  return plan_state(input, stored_format(found), options);
}

std::span<const KvPoolPlan> pools_of(const ModelState& plan) {
  return plan.kv_pools ? std::span<const KvPoolPlan>(plan.kv_pools->plans()) : std::span<const KvPoolPlan>();
}

void set_workload(const Arguments& arguments, const ArchitectureSpec& spec, HowToRun& how) {
  how.options.workload.batch = arguments.integer("batch", 1);
  int usual = std::min(longest_context(spec), 4096);
  if (usual > how.device.tile) usual -= usual % how.device.tile;  // pages of a cache are whole tiles
  how.options.workload.context = arguments.integer("context", usual);
  how.options.workload.kv_tokens = arguments.whole("kv_tokens", 0);
}

}  // namespace ttt::tool
