// Twins: ops that are the same one of layers alike in shape, and whether they run alike.
#pragma once

#include <cstddef>
#include <span>

#include <ttt/plan/op.hpp>
#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// Whether two ops are the same one of two layers that are alike in shape: their times can be compared.
[[nodiscard]] bool are_twins(const PlanOp& a, const PlanOp& b);
/// Whether twins are configured alike too.
[[nodiscard]] bool same_policy(const PlanOp& a, const PlanOp& b);
/// Whether two plans of one model, or of one module, configure all ops alike. `only`: by op, which of them count; empty: all.
[[nodiscard]] bool runs_alike(std::span<const PlanOp> a, std::span<const PlanOp> b, std::span<const char> only = {});

/// An op's twins, itself among them.
struct Twins {
  const PlanOp* usual = nullptr;  ///< one of the largest group that run alike; null where there are no twins
  std::size_t alike = 0;          ///< in that group
  std::size_t all = 0;
};
[[nodiscard]] Twins twins_of(std::span<const PlanOp> ops, const PlanOp& op);
/// Of an op's twins one that runs as most of them do; null where there are too few to tell.
[[nodiscard]] const PlanOp* usual_twin(std::span<const PlanOp> ops, const PlanOp& op);
/// The formats and fidelities that an op's module has to be given for the op to run in its twin's.
[[nodiscard]] HardwareConfig formats_of_twin(const PlanOp& op, const PlanOp& twin);

}  // namespace ttt
