#include "planning.hpp"

#include <fmt/format.h>

namespace ttt::tool {

Result<std::shared_ptr<ModelState>> plan_model(const Found& found, const HowToRun& how) {
  const OwnedModel model(found.config.spec);
  LoadOptions options = how.options;
  options.names = found.config.names;
  options.kernels = found.kernels;
  const DType stored = found.config.dtype == DType::automatic ? DType::bf16 : found.config.dtype;
  return plan_state({.model = model.view(), .max_position = found.config.spec.max_sequence_length}, stored,
                    options);
}

std::string kernel_name(const ModelState& state, const PlanOp& op) {
  if (op.variant == KernelVariant::own) return fmt::format("own::{}", op.own_kernel);
  const std::string_view isa = state.table_of(op).name;
  const std::string_view w = name_of(op.weights), a = name_of(op.operands), kv = name_of(op.kv);
  switch (op.kind) {
    case OpKind::embed:
      return fmt::format("{}::embed<{}>", isa, w);
    case OpKind::rotary:
      return fmt::format("{}::rotary", isa);
    case OpKind::qkv:
      return fmt::format("{}::qkv<{}, {}, {}>", isa, w, a, kv);
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

void set_workload(const Arguments& arguments, const ArchitectureSpec& spec, HowToRun& how) {
  how.options.workload.batch = arguments.integer("batch", 1);
  how.options.workload.context = arguments.integer("context", std::min(longest_context(spec), 4096));
}

}  // namespace ttt::tool
