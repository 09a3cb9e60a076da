// Definitions of kernel_name.hpp.
#pragma once

#include <fmt/format.h>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/kernel_name.hpp>

namespace ttt {

namespace kernel_names {

/// The kernels of a device that is only described: named by what its catalog is keyed on.
inline std::string described_kernel(const ModelState& state, const PlanOp& op) {
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

}  // namespace kernel_names

TTT_INLINE std::string kernel_name(const ModelState& state, const PlanOp& op) {
  if (op.variant == KernelVariant::own) return fmt::format("own::{}", op.own_kernel);
  if (state.kernels == nullptr) return kernel_names::described_kernel(state, op);
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

}  // namespace ttt
