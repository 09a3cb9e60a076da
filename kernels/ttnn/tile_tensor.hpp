// A matrix in tiles: where its tiles lie, and the ways in and out.
#pragma once

#include <cstdint>

#include <ttt/kernels/ttnn/tile.hpp>

namespace ttt::kernels::ttnn {

/// The layout of a matrix [rows, columns]; the tiles lie row by row, each `tile_bytes(format)` after the one before.
struct TileTensor {
  TileFormat format;
  std::int64_t rows, columns;

  [[nodiscard]] constexpr std::int64_t tile_rows() const noexcept { return tiles_along(rows); }
  [[nodiscard]] constexpr std::int64_t tile_columns() const noexcept { return tiles_along(columns); }
  [[nodiscard]] constexpr std::int64_t bytes() const noexcept { return tile_rows() * tile_columns() * tile_bytes(format); }
  /// Bytes before a tile.
  [[nodiscard]] constexpr std::int64_t offset(std::int64_t tile_row, std::int64_t tile_column) const noexcept {
    return (tile_row * tile_columns() + tile_column) * tile_bytes(format);
  }
};

/// Calls f(row, column) for every tile, in order.
template <class F>
constexpr void for_each_tile(const TileTensor& t, F f) {
  for (std::int64_t row = 0; row < t.tile_rows(); ++row)
    for (std::int64_t column = 0; column < t.tile_columns(); ++column) f(row, column);
}

/// As the host converts weights. `bytes` has room for `t.bytes()`.
constexpr void host_pack(const TileTensor& t, const float* matrix, std::uint8_t* bytes) noexcept {
  for_each_tile(t, [&](std::int64_t row, std::int64_t column) {
    float tile[tile_numbers] = {};
    cut_tile(matrix, t.rows, t.columns, row, column, tile);
    host_pack_tile(t.format, tile, bytes + t.offset(row, column));
  });
}
/// As the packer writes bfloat16 results. Requires: the format is no fp32.
constexpr void pack(const TileTensor& t, const std::uint16_t* matrix, std::uint8_t* bytes) noexcept {
  for_each_tile(t, [&](std::int64_t row, std::int64_t column) {
    std::uint16_t tile[tile_numbers] = {};
    cut_tile(matrix, t.rows, t.columns, row, column, tile);
    pack_tile(t.format, tile, bytes + t.offset(row, column));
  });
}
/// As the unpacker reads it. Requires: the format is no fp32.
constexpr void unpack(const TileTensor& t, const std::uint8_t* bytes, std::uint16_t* matrix) noexcept {
  for_each_tile(t, [&](std::int64_t row, std::int64_t column) {
    std::uint16_t tile[tile_numbers] = {};
    unpack_tile(t.format, bytes + t.offset(row, column), tile);
    place_tile(tile, t.rows, t.columns, row, column, matrix);
  });
}

}  // namespace ttt::kernels::ttnn
