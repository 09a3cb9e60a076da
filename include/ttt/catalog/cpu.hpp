// Facts of the CPU's fused ops: what exists. Sizes are in packing.hpp; the kernels hold themselves to both.
#pragma once

#include <ttt/catalog/packing.hpp>
#include <ttt/policy/hardware_config.hpp>

namespace ttt::catalog {

/// What a product's inputs are rounded to: int8 in groups of 32 (LoFi), bf16 (HiFi2) or not at all.
[[nodiscard]] constexpr DType operands_of(Fidelity f) {
  return f == Fidelity::lofi ? DType::int8 : f == Fidelity::hifi2 ? DType::bf16 : DType::fp32;
}
/// Whether the CPU multiplies these weights at this fidelity: HiFi4 and HiFi2 all of them, LoFi those in groups.
[[nodiscard]] constexpr bool cpu_supports_product(DType weights, Fidelity f) {
  return f != Fidelity::hifi3 && is_product(weights, operands_of(f));
}

/// Whether it computes attention over such a cache at this fidelity: as products, LoFi beside a cache in int8.
[[nodiscard]] constexpr bool cpu_supports_scores(DType kv, Fidelity f) {
  return is_kv_format(kv) && f != Fidelity::hifi3 && (f != Fidelity::lofi || kv == DType::int8);
}
/// Bytes of keys and values that one position of one session takes.
[[nodiscard]] constexpr std::int64_t kv_bytes_per_position(int kv_heads, int head_dim, DType kv) {
  return (k_cache_bytes(kv_heads, head_dim, kv_lanes, kv) + v_cache_bytes(kv_heads, head_dim, kv_lanes, kv)) / kv_lanes;
}

}  // namespace ttt::catalog
