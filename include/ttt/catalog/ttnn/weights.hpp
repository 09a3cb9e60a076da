// Bytes that weights and caches take of a DRAM bank: the one count that decoders, `ttt check` and emission share.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/tile.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

/// A norm's weight, row-major bf16 with a row for each tile: what TTNN's norms read.
[[nodiscard]] constexpr std::int64_t norm_weight_bytes(const ChipFacts& chip, std::int64_t width) {
  return dram_rows(chip, tiles(width), 2 * tile_side);
}
/// A vector in tiles: one row of them, in bf16. Biases, and the norms of prompts that stream wide rows.
[[nodiscard]] constexpr std::int64_t tiled_vector_bytes(const ChipFacts& chip, std::int64_t width) {
  return dram_tiles(chip, 1, 1, width, DType::bf16);
}

/// One matrix [k, n] of one chip.
struct HeldMatrix {
  std::int64_t k = 0, n = 0;
  DType format = DType::bfloat8_b;

  [[nodiscard]] constexpr std::int64_t bytes(const ChipFacts& chip) const {
    return k > 0 && n > 0 ? dram_sharded_weight(chip, k, n, format) : 0;
  }
};

/// What one chip holds of a layer, or of one of its halves (the other's matrices are empty). gate_up is each of gate and
/// up, which are two tensors.
struct HeldLayer {
  HeldMatrix qkv{}, o{}, gate_up{}, down{};
  bool gated = true;
  bool qkv_bias = false, o_bias = false, mlp_bias = false;
  std::int64_t head_norm_width = 0;  ///< of norms over each head of queries and keys; 0: none
  std::int64_t norm_width = 0;       ///< of the two norms in front of the halves; 0: none
  bool norm_bias = false;
  bool norms_in_tiles_too = false;  ///< a second copy for prompts, see PromptPrograms::norm_weights_in_tiles
};
[[nodiscard]] constexpr std::int64_t layer_bytes(const ChipFacts& chip, const HeldLayer& l) {
  std::int64_t bytes = l.qkv.bytes(chip) + l.o.bytes(chip) + (l.gated ? 2 : 1) * l.gate_up.bytes(chip) + l.down.bytes(chip);
  if (l.qkv_bias) bytes += tiled_vector_bytes(chip, l.qkv.n);
  if (l.o_bias) bytes += tiled_vector_bytes(chip, l.o.n);
  if (l.mlp_bias) bytes += (l.gated ? 2 : 1) * tiled_vector_bytes(chip, l.gate_up.n) + tiled_vector_bytes(chip, l.down.n);
  if (l.head_norm_width > 0) bytes += 2 * norm_weight_bytes(chip, l.head_norm_width);
  if (l.norm_width > 0) {
    const int vectors = l.norm_bias ? 4 : 2;
    bytes += vectors * norm_weight_bytes(chip, l.norm_width);
    if (l.norms_in_tiles_too) bytes += vectors * tiled_vector_bytes(chip, l.norm_width);
  }
  return bytes;
}

/// The head, cut into pieces of `columns`, each padded to the banks on its own.
[[nodiscard]] constexpr std::int64_t head_bytes(const ChipFacts& chip, const HeldMatrix& head, std::int64_t columns) {
  if (columns <= 0 || columns >= head.n) return head.bytes(chip);
  return head.n / columns * HeldMatrix{head.k, columns, head.format}.bytes(chip) +
         HeldMatrix{head.k, head.n % columns, head.format}.bytes(chip);
}

/// Keys, or values, of one layer on one chip: `pages` of `page` positions, padded to tiles.
[[nodiscard]] constexpr std::int64_t cache_bytes(const ChipFacts& chip, std::int64_t pages, int kv_heads, int page, int head_dim,
                                                 DType format) {
  return dram_tiles(chip, pages * kv_heads, page, head_dim, format);
}

}  // namespace ttt::catalog::ttnn
