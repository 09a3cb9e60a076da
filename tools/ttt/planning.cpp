#include "planning.hpp"

#include <fmt/format.h>

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

namespace {

/// The kernels of a device that is only described: named by what its catalog is keyed on.
std::string described_kernel(const ModelState& state, const PlanOp& op) {
  const std::string_view device = state.request.device.name;
  const std::string_view kind = device.substr(0, device.find(':'));
  const std::string_view w = name_of(op.weights), f = name_of(op.fidelity), kv = name_of(op.kv);
  switch (op.kind) {
    case OpKind::embed:
      return fmt::format("{}::embed<{}>", kind, w);
    case OpKind::rotary:
      return fmt::format("{}::rotary", kind);
    case OpKind::qkv:
      return fmt::format("{}::qkv<{}, {}>", kind, w, f);
    case OpKind::attention:
      return fmt::format("{}::attention<{}, {}>", kind, kv, name_of(op.decode_fidelity));
    case OpKind::gated:
      return fmt::format("{}::gated<{}, {}, {}>", kind, w, f, name_of(op.activation));
    case OpKind::activated:
      return fmt::format("{}::activated<{}, {}, {}>", kind, w, f, name_of(op.activation));
    case OpKind::projection:
      return fmt::format("{}::residual<{}, {}>", kind, w, f);
    case OpKind::linear:
      return fmt::format("{}::store<{}, {}>", kind, w, f);
    case OpKind::norm:
      return fmt::format("{}::norm", kind);
    case OpKind::own:
      break;
  }
  return "own";
}

}  // namespace

std::string kernel_name(const ModelState& state, const PlanOp& op) {
  if (op.variant == KernelVariant::own) return fmt::format("own::{}", op.own_kernel);
  if (state.kernels == nullptr) return described_kernel(state, op);
  const std::string_view isa = state.table_of(op).name;
  const std::string_view w = name_of(op.weights), a = name_of(op.operands), kv = name_of(op.kv);
  switch (op.kind) {
    case OpKind::embed:
      return fmt::format("{}::embed<{}>", isa, w);
    case OpKind::rotary:
      return fmt::format("{}::rotary", isa);
    case OpKind::qkv:
      return fmt::format("{}::qkv<{}, {}>", isa, w, a);
    case OpKind::attention:
      return fmt::format("{}::attention<{}, {}>", isa, kv, op.k);
    case OpKind::gated:
      return fmt::format("{}::gated<{}, {}, {}>", isa, w, a, name_of(op.activation));
    case OpKind::activated:
      return fmt::format("{}::activated<{}, {}, {}>", isa, w, a, name_of(op.activation));
    case OpKind::projection:
      return fmt::format("{}::residual<{}, {}>", isa, w, a);
    case OpKind::linear:
      return fmt::format("{}::store<{}, {}>", isa, w, a);
    case OpKind::norm:
      return fmt::format("{}::norm", isa);
    case OpKind::own:
      break;
  }
  return "own";
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
