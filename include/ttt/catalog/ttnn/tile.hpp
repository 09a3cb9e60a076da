// Sizes of tiles and of whole tensors, as TTNN lays them out in the banks of DRAM and of L1.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/chip.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

inline constexpr int tile_side = 32;

[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
[[nodiscard]] constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) { return ceil_div(a, b) * b; }
/// Tiles along a dimension of `n` numbers; TTNN pads to whole tiles.
[[nodiscard]] constexpr int tiles(std::int64_t n) { return static_cast<int>(ceil_div(n, tile_side)); }

/// Bytes of a 32 by 32 tile: numbers, and one exponent byte per 16 of them in the block formats. 0 for a
/// format that TTNN's matmuls do not have.
[[nodiscard]] constexpr int tile_bytes(DType t) {
  switch (t) {
    case DType::fp32:
      return 4096;
    case DType::bf16:
      return 2048;
    case DType::bfloat8_b:
      return 1024 + 64;
    case DType::bfloat4_b:
      return 512 + 64;
    default:
      return 0;
  }
}
[[nodiscard]] constexpr bool is_tile_format(DType t) { return tile_bytes(t) != 0; }
/// Tile of the Dst registers' width, in which a matmul's partial sums lie.
[[nodiscard]] constexpr int partial_tile_bytes(bool fp32_dst) {
  return tile_bytes(fp32_dst ? DType::fp32 : DType::bf16);
}

/// A buffer of `pages` pages dealt round-robin to `banks`: bytes of the fullest bank. Every buffer begins in
/// bank 0.
[[nodiscard]] constexpr std::int64_t interleaved(std::int64_t pages, std::int64_t page_bytes, int banks,
                                                 int align) {
  return ceil_div(pages, banks) * round_up(page_bytes, align);
}
/// A tensor of `batch` matrices in tiles, interleaved over DRAM (a page is a tile): bytes per bank.
[[nodiscard]] constexpr std::int64_t dram_tiles(const ChipFacts& chip, std::int64_t batch, std::int64_t rows,
                                                std::int64_t columns, DType t) {
  return interleaved(batch * tiles(rows) * tiles(columns), tile_bytes(t), chip.dram_banks, chip.dram_align);
}
/// A row-major tensor interleaved over DRAM (a page is a row): bytes per bank.
[[nodiscard]] constexpr std::int64_t dram_rows(const ChipFacts& chip, std::int64_t rows,
                                               std::int64_t row_bytes) {
  return interleaved(rows, row_bytes, chip.dram_banks, chip.dram_align);
}
/// A tensor of rows x columns in tiles, interleaved over the L1 of all cores: bytes per core.
[[nodiscard]] constexpr std::int64_t l1_tiles(const ChipFacts& chip, std::int64_t rows, std::int64_t columns,
                                              DType t) {
  return interleaved(std::int64_t{tiles(rows)} * tiles(columns), tile_bytes(t), chip.grid_x * chip.grid_y,
                     16);
}
/// A weight [k, n] width-sharded over the DRAM banks, as the DRAM-sharded matmul reads it: each bank holds a
/// shard of (k, ceil(n / (32 * banks)) * 32), padding included.
[[nodiscard]] constexpr std::int64_t dram_sharded_weight(const ChipFacts& chip, std::int64_t k,
                                                         std::int64_t n, DType t) {
  return tiles(k) * ceil_div(tiles(n), chip.dram_banks) * tile_bytes(t);
}
/// Bytes of a DRAM or L1 buffer that holds one row of `n` 32-bit numbers (page tables, positions).
[[nodiscard]] constexpr std::int64_t stick(const ChipFacts& chip, std::int64_t n) {
  return round_up(4 * n, chip.dram_align);
}

}  // namespace ttt::catalog::ttnn
