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
/// layernorm, confirmed on the mock. With `weights_in_tiles` TTNN falls back to a kernel that streams the row
/// when this does not fit (555,008 bytes at most on the mock); with row-major weights, as the reference
/// modules store them, it refuses.
[[nodiscard]] constexpr OpL1 interleaved_norm_l1(const ChipFacts& chip, int hidden, DType activations,
                                                 bool fp32_dst, bool weights_in_tiles) {
  const int block = fp32_dst ? 4 : 8;
  const std::int64_t row = round_up(tiles(hidden), block);
  const int partial = partial_tile_bytes(fp32_dst), bf16 = tile_bytes(DType::bf16);
  OpL1 use;
  use.circular_buffers =
      row * (tile_bytes(activations) + partial + bf16)                 // input, squares, weights
      + std::int64_t{2} * block * (tile_bytes(activations) + partial)  // output and scaled rows
      + 4 * bf16 + 10 * partial;                                       // scaler, epsilon, sums
  if (weights_in_tiles && !fits(chip, use)) use.circular_buffers = 555'008;
  return use;
}

}  // namespace ttt::catalog::ttnn
