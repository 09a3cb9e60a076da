// L1 needs of TTNN's rms_norm: sharded (decode) and interleaved (prefill).
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/matmul.hpp>
#include <ttt/catalog/ttnn/tile.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

/// rms_norm of one row of tiles, width-sharded over `grid`, not in place; weights row-major bf16. Source:
/// buffer sizes on the mock over grids and widths, explained by tt-metal's sharded layernorm: three shards'
/// worth of intermediates, seven single tiles, and one partial sum from each core of the row and each further
/// row. The shards of input and output are L1 tensors. Never binds at a hidden size that divides into 8 or
/// more cores (64 KiB there at 8192).
[[nodiscard]] constexpr OpL1 sharded_norm_l1(int hidden, Grid grid, DType activations, bool fp32_dst) {
  const std::int64_t shard = ceil_div(tiles(hidden), grid.cores());
  const int partial = partial_tile_bytes(fp32_dst), bf16 = tile_bytes(DType::bf16);
  const int senders = grid.x > 1 && grid.y > 1 ? grid.x + grid.y - 1 : grid.cores();
  OpL1 use;
  use.circular_buffers = 2 * bf16 + (5 + senders + 2 * shard) * partial + shard * bf16;
  use.tensors = 2 * shard * tile_bytes(activations);
  return use;
}

/// rms_norm of an interleaved tensor: each core holds whole rows of tiles, padded to blocks of 8 (4 with fp32
/// Dst): input, weights and one intermediate, so wide models do not fit. Source: tt-metal's interleaved
/// layernorm, confirmed on the mock. With `weights_in_tiles` TTNN takes a kernel that streams the row, seven
/// blocks at a time, as soon as the other would fill 95 % of L1; with row-major weights, as the reference
/// modules store them, it has none and refuses.
[[nodiscard]] constexpr OpL1 interleaved_norm_l1(const ChipFacts& chip, int hidden, DType activations,
                                                 bool fp32_dst, bool weights_in_tiles) {
  const int block = fp32_dst ? 4 : 8;
  const std::int64_t row = round_up(tiles(hidden), block), x = tile_bytes(activations);
  const std::int64_t partial = partial_tile_bytes(fp32_dst), bf16 = tile_bytes(DType::bf16);
  // Output and scaled rows, two blocks each; scaler and epsilon; sums.
  const std::int64_t rest = 2 * block * (x + partial) + 4 * bf16 + 10 * partial;
  const std::int64_t whole = row * (x + partial + bf16) + rest;  // input, squares, weights
  if (weights_in_tiles && 100 * whole > 95 * chip.l1_bank_bytes)
    return {7 * block * (x + 2 * partial + bf16) + rest + partial, 0};
  return {whole, 0};
}

}  // namespace ttt::catalog::ttnn
