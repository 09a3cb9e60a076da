// Bytes of matrices and caches as each kind of device stores them.
#pragma once

#include <ttt/catalog/packing.hpp>
#include <ttt/catalog/ttnn_model.hpp>
#include <ttt/policy/device.hpp>

namespace ttt::catalog {

/// A matrix of `n` outputs (on the CPU the sum of its padded segments) and `k` inputs on one chip.
[[nodiscard]] constexpr std::int64_t matrix_bytes(const DeviceTraits& device, std::int64_t n, std::int64_t k,
                                                  DType t) noexcept {
  switch (device.kind) {
    case DeviceKind::ttnn: return device.memory_banks * ttnn::dram_sharded_weight(chip_facts(device), k, n, t);
    case DeviceKind::cuda:
    case DeviceKind::own: return round_up(static_cast<std::int64_t>(static_cast<double>(n * k) * bits_of(t) / 8), 256);
    case DeviceKind::cpu: break;
  }
  return round_up(packed_bytes(n, k, t), 64);
}

/// The embedding's table on one chip, `width` numbers of each row. TTNN's is row-major bf16 whatever is asked for.
[[nodiscard]] constexpr std::int64_t table_bytes(const DeviceTraits& device, std::int64_t vocab, std::int64_t width,
                                                 DType t) noexcept {
  if (device.kind != DeviceKind::ttnn) return matrix_bytes(device, vocab, width, t);
  return device.memory_banks * ttnn::dram_rows(chip_facts(device), vocab, 2 * width);
}

/// A head of `n` outputs, which TTNN cuts into pieces of `columns`.
[[nodiscard]] constexpr std::int64_t head_bytes(const DeviceTraits& device, std::int64_t n, std::int64_t k, DType t,
                                                std::int64_t columns) noexcept {
  if (device.kind != DeviceKind::ttnn) return matrix_bytes(device, n, k, t);
  return device.memory_banks * ttnn::head_bytes(chip_facts(device), {k, n, t}, columns);
}

/// A vector of `n` numbers, kept in fp32: norm weights, biases. TTNN: a bias, a row of tiles in bf16.
[[nodiscard]] constexpr std::int64_t vector_bytes(const DeviceTraits& device, std::int64_t n) noexcept {
  if (device.kind != DeviceKind::ttnn) return round_up(n * 4, 64);
  return device.memory_banks * ttnn::tiled_vector_bytes(chip_facts(device), n);
}
/// A norm's weight. TTNN: row-major bf16.
[[nodiscard]] constexpr std::int64_t norm_bytes(const DeviceTraits& device, std::int64_t width) noexcept {
  if (device.kind != DeviceKind::ttnn) return vector_bytes(device, width);
  return device.memory_banks * ttnn::norm_weight_bytes(chip_facts(device), width);
}

/// Outputs of one segment as the device stores them.
[[nodiscard]] constexpr std::int64_t stored_outputs(const DeviceTraits& device, std::int64_t n) noexcept {
  return device.kind == DeviceKind::cpu ? padded_outputs(n) : n;
}

/// Keys and values of one position in one attention module on one chip, as they are read. TTNN's lie in whole tiles.
[[nodiscard]] constexpr double kv_bytes_of_position(const DeviceTraits& device, int kv_heads, int head_dim, DType t) noexcept {
  const double width = device.kind == DeviceKind::ttnn ? ttnn::tile_side * ttnn::tiles(head_dim) : head_dim;
  return 2.0 * kv_heads * width * bits_of(t) / 8;
}

/// Keys and values of one attention module on one chip: of one session with room for `capacity` positions; TTNN: of all
/// `pages` of them in one tensor.
[[nodiscard]] constexpr std::int64_t cache_bytes(const DeviceTraits& device, int kv_heads, int head_dim,
                                                 std::int64_t capacity, DType t, std::int64_t pages = 1) noexcept {
  switch (device.kind) {
    case DeviceKind::ttnn: {
      const ttnn::ChipFacts chip = chip_facts(device);
      return 2 * chip.dram_banks * ttnn::cache_bytes(chip, pages, kv_heads, static_cast<int>(capacity), head_dim, t);
    }
    case DeviceKind::cuda:
    case DeviceKind::own:
      return static_cast<std::int64_t>(2.0 * kv_heads * static_cast<double>(capacity) * head_dim * bits_of(t) / 8);
    case DeviceKind::cpu: break;
  }
  return round_up(k_cache_bytes(kv_heads, head_dim, capacity, t), 64) +
         round_up(v_cache_bytes(kv_heads, head_dim, capacity, t), 64);
}

}  // namespace ttt::catalog
