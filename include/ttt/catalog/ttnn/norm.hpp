// L1 needs of TTNN's rms_norm and layer_norm: sharded (decode) and interleaved (prefill).
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/matmul.hpp>
#include <ttt/catalog/ttnn/tile.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

/// Which norm: rms_norm, or layer_norm, with or without a bias.
struct NormForm {
  bool layer = false, bias = false;
  [[nodiscard]] constexpr int vectors() const { return bias ? 2 : 1; }  ///< of its width: weight, bias
};

/// A norm of one row of tiles, width-sharded over `grid`, not in place; weights row-major bf16. Source:
/// buffer sizes on the mock over grids and widths, explained by tt-metal's sharded layernorm: three shards'
/// worth of intermediates, seven single tiles, and one partial sum from each core of the row and each further
/// row; of layer_norm these sums twice, of means and of squares. The shards of input and output are L1 tensors.
/// Never binds at a hidden size that divides into 8 or more cores (64 KiB there at 8192).
[[nodiscard]] constexpr OpL1 sharded_norm_l1(int hidden, Grid grid, DType activations, bool fp32_dst, NormForm form = {}) {
  const std::int64_t shard = ceil_div(tiles(hidden), grid.cores());
  const int partial = partial_tile_bytes(fp32_dst), bf16 = tile_bytes(DType::bf16);
  const int senders = grid.x > 1 && grid.y > 1 ? grid.x + grid.y - 1 : grid.cores();
  OpL1 use;
  use.circular_buffers = 2 * bf16 + (5 + senders + 2 * shard) * partial + form.vectors() * shard * bf16;
  if (form.layer) use.circular_buffers += (2 + senders) * partial;
  use.tensors = 2 * shard * tile_bytes(activations);
  return use;
}

/// A norm of an interleaved tensor: each core holds whole rows of tiles, padded to blocks of 8 (4 with fp32
/// Dst): input, weights and one intermediate (of layer_norm two), so wide models do not fit. Source: tt-metal's interleaved
/// layernorm, confirmed on the mock. With `weights_in_tiles` TTNN takes a kernel that streams the row, seven
/// blocks at a time, as soon as the other would fill 95 % of L1; with row-major weights, as the reference
/// modules store them, it has none and refuses.
[[nodiscard]] constexpr OpL1 interleaved_norm_l1(const ChipFacts& chip, int hidden, DType activations,
                                                 bool fp32_dst, bool weights_in_tiles, NormForm form = {}) {
  const int block = fp32_dst ? 4 : 8;
  const std::int64_t row = round_up(tiles(hidden), block), x = tile_bytes(activations);
  const std::int64_t partial = partial_tile_bytes(fp32_dst), vectors = form.vectors() * tile_bytes(DType::bf16);
  // Output and scaled rows, two blocks each; scaler and epsilon; sums.
  const std::int64_t rest = 2 * block * (x + partial) + 4 * tile_bytes(DType::bf16) + (form.layer ? 12 : 10) * partial;
  const std::int64_t whole = row * (x + (form.layer ? 2 : 1) * partial + vectors) + rest;  // input, squares (and rows less means), weights
  if (weights_in_tiles && 100 * whole > 95 * chip.l1_bank_bytes)
    return {7 * block * (x + 2 * partial + vectors) + rest + partial, 0};
  return {whole, 0};
}

}  // namespace ttt::catalog::ttnn
