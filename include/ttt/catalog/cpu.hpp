// Facts of the CPU's fused ops: what exists. Sizes are in packing.hpp; the kernels hold themselves to both.
#pragma once

#include <ttt/catalog/packing.hpp>
#include <ttt/policy/hardware_config.hpp>

namespace ttt::catalog {

/// Operand precisions the CPU's products exist in: fp32 (HiFi4) and bf16 (HiFi2).
[[nodiscard]] constexpr bool cpu_supports_fidelity(Fidelity f) {
  return f == Fidelity::hifi4 || f == Fidelity::hifi2;
}
[[nodiscard]] constexpr DType operands_of(Fidelity f) { return f == Fidelity::hifi2 ? DType::bf16 : DType::fp32; }

}  // namespace ttt::catalog
