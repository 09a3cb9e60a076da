// Products of rows with weights in tiles as the matrix engine computes them, and their readable form.
#pragma once

#include <cstdint>

#include <ttt/kernels/ttnn/matrix_engine.hpp>
#include <ttt/kernels/ttnn/tile.hpp>

namespace ttt::kernels::ttnn {

/// dst += in0 . in1 over whole tiles of k. Rows are independent of each other: padding rows need not be computed.
struct TileProduct {
  const std::uint16_t* in0;  ///< activations (SrcB), bfloat16 row by row: [rows][32 * k_tiles]
  std::int64_t in0_stride;   ///< numbers from one row to the next
  std::int64_t rows;
  const std::uint8_t* in1;  ///< weights (SrcA) in tiles
  TileFormat in1_format;    ///< any but fp32
  std::int64_t k_stride;    ///< bytes from a tile to the next along k
  std::int64_t n_stride;    ///< bytes from a tile to the next along n
  std::int64_t k_tiles;
  std::int64_t n_tiles;
  int phases;              ///< 1 to 4: LoFi, HiFi2, HiFi3, HiFi4
  bool fp32_dst;           ///< fp32_dest_acc_en
  std::uint32_t* dst;      ///< fp32 bits [rows][32 * n_tiles], before packing; holds what is added to
  std::int64_t dst_stride;  ///< numbers from one row to the next
  /// A tile's rows are outputs and its columns inputs, as keys lie in the cache: the unpacker turns it over.
  bool in1_transposed = false;
};

/// The order of a matmul's steps: for each tile along k, for each phase, for each half of the tile.
constexpr void reference_tile_product(const TileProduct& p) noexcept {
  std::uint16_t tile[tile_numbers] = {};
  for (std::int64_t n = 0; n < p.n_tiles; ++n)
    for (std::int64_t k = 0; k < p.k_tiles; ++k) {
      unpack_tile(p.in1_format, p.in1 + k * p.k_stride + n * p.n_stride, tile);
      for (int column = 0; column < tile_side; ++column) {
        Source a[tile_side] = {};
        for (int i = 0; i < tile_side; ++i) a[i] = source_of_bf16(tile[p.in1_transposed ? place_in_tile(column, i) : place_in_tile(i, column)]);
        for (std::int64_t row = 0; row < p.rows; ++row) {
          Source b[tile_side] = {};
          for (int i = 0; i < tile_side; ++i) b[i] = source_of_bf16(p.in0[row * p.in0_stride + k * tile_side + i]);
          std::uint32_t& dst = p.dst[row * p.dst_stride + n * tile_side + column];
          for (int phase = 0; phase < p.phases; ++phase)
            for (int half = 0; half < tile_side; half += engine_depth) dst = mvmul(a + half, b + half, phase, dst, p.fp32_dst);
        }
      }
    }
}

}  // namespace ttt::kernels::ttnn
