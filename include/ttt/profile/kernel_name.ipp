// Definitions of kernel_name.hpp.
#pragma once

#include <fmt/format.h>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/kernel_name.hpp>

namespace ttt {

TTT_INLINE std::string kernel_name(const ModelState& state, const PlanOp& op) {
  if (op.variant == KernelVariant::own) return fmt::format("own::{}", op.own_kernel);
  // A device that is only described has no table: its kernels are named by what its catalog is keyed on.
  const bool real = state.kernels != nullptr;
  const std::string_view device = state.request.device.name;
  const std::string_view where = real ? state.table_of(op).name : device.substr(0, device.find(':'));
  const std::string_view w = name_of(op.weights), kv = name_of(op.kv);
  const std::string_view a = real ? name_of(op.operands) : name_of(op.fidelity);
  switch (op.kind) {
    case OpKind::embed:
      return fmt::format("{}::embed<{}>", where, w);
    case OpKind::rotary:
      return fmt::format("{}::rotary", where);
    case OpKind::qkv:
      return fmt::format("{}::qkv<{}, {}>", where, w, a);
    case OpKind::attention:
      return real ? fmt::format("{}::attention<{}, {}>", where, kv, op.k)
                  : fmt::format("{}::attention<{}, {}>", where, kv, name_of(op.decode_fidelity));
    case OpKind::gated:
      return fmt::format("{}::gated<{}, {}, {}>", where, w, a, name_of(op.activation));
    case OpKind::activated:
      return fmt::format("{}::activated<{}, {}, {}>", where, w, a, name_of(op.activation));
    case OpKind::projection:
      return fmt::format("{}::residual<{}, {}>", where, w, a);
    case OpKind::linear:
      return fmt::format("{}::store<{}, {}>", where, w, a);
    case OpKind::norm:
      return fmt::format("{}::norm", where);
    case OpKind::own:
      break;
  }
  return "own";
}

}  // namespace ttt
