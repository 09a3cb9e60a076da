// Weights and caches of the Tensix engine in tiles.
//
// A matrix lies as columns of tiles, one below the other along the inputs: 32 outputs a column, which are two of the groups
// of 16 that the processor's packing has too. So a block of 16 outputs has its own exponent, as on the device. Keys and
// values of a page lie head by head, in rows of tiles: 32 positions a row.
#pragma once

#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/ttnn/tile.hpp>

namespace ttt::kernels::ttnn {

/// The tiles' format of a weight or cache format. Requires: `is_tile_format(t)`.
[[nodiscard]] constexpr TileFormat tile_format(DType t) noexcept {
  return t == DType::bfloat8_b ? TileFormat::bfloat8_b : t == DType::bfloat4_b ? TileFormat::bfloat4_b : TileFormat::bf16;
}
/// Formats that whole products take.
[[nodiscard]] constexpr bool is_tile_format(DType t) noexcept {
  return t == DType::bf16 || t == DType::bfloat8_b || t == DType::bfloat4_b;
}
/// Bytes of a column of tiles.
[[nodiscard]] constexpr std::int64_t column_bytes(std::int64_t k, DType format) noexcept {
  return tiles_along(k) * tile_bytes(tile_format(format));
}

/// Bytes of one head's keys, or values, in a page.
[[nodiscard]] constexpr std::int64_t head_cache_bytes(int head_dim, std::int64_t page, DType format) noexcept {
  return tiles_along(page) * tiles_along(head_dim) * tile_bytes(tile_format(format));
}
/// The tiles that hold a position's row, side by side.
[[nodiscard]] inline std::uint8_t* cache_tiles(char* page_of_head, std::int64_t at, int head_dim, DType format) noexcept {
  return reinterpret_cast<std::uint8_t*>(page_of_head) + at / tile_side * tiles_along(head_dim) * tile_bytes(tile_format(format));
}

/// Which of a tile's blocks holds 16 numbers of a row; `half`: the left or the right ones.
[[nodiscard]] constexpr int block_in_tile(int row, int half) noexcept { return place_in_tile(row, half * face_side) / block_length; }

/// The packer's 16 bfloat16 into a tile.
inline void pack_block(TileFormat format, const std::uint16_t* bf16, int index, std::uint8_t* tile) noexcept {
  if (is_block_float(format)) {
    store_block(block_float(format), packed_block(block_float(format), bf16), index, tile);
    return;
  }
  for (int i = 0; i < block_length; ++i) {
    tile[2 * (index * block_length + i)] = static_cast<std::uint8_t>(bf16[i] & 0xff);
    tile[2 * (index * block_length + i) + 1] = static_cast<std::uint8_t>(bf16[i] >> 8);
  }
}
/// The host's 16 floats into a tile.
inline void host_pack_block(TileFormat format, const float* values, int index, std::uint8_t* tile) noexcept {
  if (is_block_float(format)) {
    store_block(block_float(format), host_packed_block(block_float(format), values), index, tile);
    return;
  }
  std::uint16_t bf16[block_length] = {};
  for (int i = 0; i < block_length; ++i) bf16[i] = host_bf16(std::bit_cast<std::uint32_t>(values[i]));
  pack_block(format, bf16, index, tile);
}
/// One number of a tile of bfloat16, in tile order.
[[nodiscard]] inline std::uint16_t bf16_in_tile(const std::uint8_t* tile, int place) noexcept {
  return static_cast<std::uint16_t>(tile[2 * place] | unsigned{tile[2 * place + 1]} << 8);
}

}  // namespace ttt::kernels::ttnn
