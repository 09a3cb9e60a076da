// Bytes of matrices and caches as each kind of device stores them.
#pragma once

#include <ttt/catalog/packing.hpp>
#include <ttt/policy/device.hpp>

namespace ttt::catalog {

/// Bytes of a tile of 32 x 32 numbers: block formats carry an exponent byte for every 16 (TTNN).
[[nodiscard]] constexpr std::int64_t tile_bytes(DType t) noexcept {
  switch (t) {
    case DType::bfloat8_b: return 1088;
    case DType::bfloat4_b: return 576;
    default: return 1024 * static_cast<std::int64_t>(bits_of(t)) / 8;
  }
}
[[nodiscard]] constexpr std::int64_t tiles(std::int64_t n) noexcept { return (n + 31) / 32; }

/// A tensor in tiles whose pages are dealt over the banks: every bank is counted as the fullest one.
[[nodiscard]] constexpr std::int64_t tiled_bytes(const DeviceTraits& device, std::int64_t rows, std::int64_t columns,
                                                 DType t) noexcept {
  return round_up(tiles(rows) * tiles(columns), device.memory_banks) * tile_bytes(t);
}

/// A matrix of `n` outputs (on the CPU the sum of its padded segments) and `k` inputs on one chip.
[[nodiscard]] constexpr std::int64_t matrix_bytes(const DeviceTraits& device, std::int64_t n, std::int64_t k,
                                                  DType t) noexcept {
  switch (device.kind) {
    case DeviceKind::ttnn: return tiled_bytes(device, k, n, t);
    case DeviceKind::cuda:
    case DeviceKind::own: return round_up(static_cast<std::int64_t>(static_cast<double>(n * k) * bits_of(t) / 8), 256);
    case DeviceKind::cpu: break;
  }
  return round_up(packed_bytes(n, k, t), 64);
}

/// Outputs of one segment as the device stores them.
[[nodiscard]] constexpr std::int64_t stored_outputs(const DeviceTraits& device, std::int64_t n) noexcept {
  return device.kind == DeviceKind::cpu ? padded_outputs(n) : n;
}

/// Keys and values of one session in one attention module on one chip.
[[nodiscard]] constexpr std::int64_t cache_bytes(const DeviceTraits& device, int kv_heads, int head_dim,
                                                 std::int64_t capacity, DType t) noexcept {
  switch (device.kind) {
    case DeviceKind::ttnn: return 2 * kv_heads * tiles(capacity) * tiles(head_dim) * tile_bytes(t);
    case DeviceKind::cuda:
    case DeviceKind::own:
      return static_cast<std::int64_t>(2.0 * kv_heads * static_cast<double>(capacity) * head_dim * bits_of(t) / 8);
    case DeviceKind::cpu: break;
  }
  return round_up(k_cache_bytes(kv_heads, head_dim, capacity, t), 64) +
         round_up(v_cache_bytes(kv_heads, head_dim, capacity, t), 64);
}

}  // namespace ttt::catalog
