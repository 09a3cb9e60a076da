// Tensors in TTNN's tile layout: 32 by 32 numbers in four 16 by 16 faces, (0,0) (0,1) (1,0) (1,1), each row by row; tiles
// of a matrix row by row. A matrix is padded with zeros to whole tiles.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ttt/kernels/ttnn/block_float.hpp>

namespace ttt::kernels::ttnn {

inline constexpr int tile_side = 32;
inline constexpr int face_side = 16;
inline constexpr int tile_numbers = tile_side * tile_side;
/// Runs of 16 numbers in a tile, each with an exponent byte in the block formats.
inline constexpr int tile_blocks = tile_numbers / block_length;

/// How the numbers of a tile are stored.
enum class TileFormat : int { fp32, bf16, bfloat8_b, bfloat4_b, bfloat2_b };

[[nodiscard]] constexpr bool is_block_float(TileFormat f) noexcept { return f >= TileFormat::bfloat8_b; }
/// Requires: `is_block_float(f)`.
[[nodiscard]] constexpr BlockFloat block_float(TileFormat f) noexcept {
  return f == TileFormat::bfloat8_b ? BlockFloat::bfloat8_b
         : f == TileFormat::bfloat4_b ? BlockFloat::bfloat4_b
                                      : BlockFloat::bfloat2_b;
}

/// 4096, 2048, 1088, 576 and 320: block formats hold 64 exponents and then the codes.
[[nodiscard]] constexpr int tile_bytes(TileFormat f) noexcept {
  if (f == TileFormat::fp32) return 4 * tile_numbers;
  if (f == TileFormat::bf16) return 2 * tile_numbers;
  return tile_blocks + tile_numbers * code_bits(block_float(f)) / 8;
}

/// Tiles along a dimension of `n` numbers.
[[nodiscard]] constexpr std::int64_t tiles_along(std::int64_t n) noexcept { return (n + tile_side - 1) / tile_side; }

/// Where a number of a tile lies among its 1024, face by face.
[[nodiscard]] constexpr int place_in_tile(int row, int column) noexcept {
  const int face = row / face_side * 2 + column / face_side;
  return (face * face_side + row % face_side) * face_side + column % face_side;
}

/// Puts one tile of a row-major matrix into tile order; what lies outside is zero.
template <class Number>
constexpr void cut_tile(const Number* matrix, std::int64_t rows, std::int64_t columns, std::int64_t tile_row,
                        std::int64_t tile_column, Number* tile) noexcept {
  for (int r = 0; r < tile_side; ++r)
    for (int c = 0; c < tile_side; ++c) {
      const std::int64_t row = tile_row * tile_side + r;
      const std::int64_t column = tile_column * tile_side + c;
      tile[place_in_tile(r, c)] = row < rows && column < columns ? matrix[row * columns + column] : Number{};
    }
}
/// The way back; padding is left out.
template <class Number>
constexpr void place_tile(const Number* tile, std::int64_t rows, std::int64_t columns, std::int64_t tile_row,
                          std::int64_t tile_column, Number* matrix) noexcept {
  const auto within = [](std::int64_t all, std::int64_t before) { return std::clamp<std::int64_t>(all - before, 0, tile_side); };
  const auto height = static_cast<int>(within(rows, tile_row * tile_side));
  const auto width = static_cast<int>(within(columns, tile_column * tile_side));
  for (int r = 0; r < height; ++r)
    for (int c = 0; c < width; ++c)
      matrix[(tile_row * tile_side + r) * columns + tile_column * tile_side + c] = tile[place_in_tile(r, c)];
}

/// Bytes of a block's codes.
[[nodiscard]] constexpr int code_bytes(BlockFloat format) noexcept { return block_length * code_bits(format) / 8; }

/// A block's codes side by side: the first number in the lowest bits of a byte.
constexpr void store_codes(BlockFloat format, const Block& block, std::uint8_t* codes) noexcept {
  const int bits = code_bits(format);
  for (int byte = 0; byte < code_bytes(format); ++byte) {
    unsigned all = 0;
    for (int i = 0; i < 8 / bits; ++i) all |= unsigned{block.codes[byte * (8 / bits) + i]} << (i * bits);
    codes[byte] = static_cast<std::uint8_t>(all);
  }
}
/// Writes a block where it lies in a tile's bytes, and reads it there.
constexpr void store_block(BlockFloat format, const Block& block, int index, std::uint8_t* tile) noexcept {
  tile[index] = block.exponent;
  store_codes(format, block, tile + tile_blocks + index * code_bytes(format));
}
[[nodiscard]] constexpr Block load_block(BlockFloat format, const std::uint8_t* tile, int index) noexcept {
  const int bits = code_bits(format);
  Block block{tile[index], {}};
  const std::uint8_t* const codes = tile + tile_blocks + index * code_bytes(format);
  for (int i = 0; i < block_length; ++i) {
    const int bit = i * bits;
    block.codes[i] = static_cast<std::uint8_t>(codes[bit / 8] >> bit % 8 & ((1 << bits) - 1));
  }
  return block;
}

/// The packer's tile of 1024 bfloat16 in tile order. Requires: `format` is no fp32; `bytes` has `tile_bytes(format)`.
constexpr void pack_tile(TileFormat format, const std::uint16_t* bf16, std::uint8_t* bytes) noexcept {
  if (format == TileFormat::bf16) {
    for (int i = 0; i < tile_numbers; ++i) {
      bytes[2 * i] = static_cast<std::uint8_t>(bf16[i] & 0xff);
      bytes[2 * i + 1] = static_cast<std::uint8_t>(bf16[i] >> 8);
    }
    return;
  }
  const BlockFloat blocks = block_float(format);
  for (int i = 0; i < tile_blocks; ++i) store_block(blocks, packed_block(blocks, bf16 + i * block_length), i, bytes);
}
/// The host's tile of 1024 floats in tile order: what `ttnn.from_torch` makes of weights. bfloat16 rounds to nearest even.
constexpr void host_pack_tile(TileFormat format, const float* values, std::uint8_t* bytes) noexcept {
  if (!is_block_float(format)) {
    for (int i = 0; i < tile_numbers; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(values[i]);
      const int size = format == TileFormat::fp32 ? 4 : 2;
      const std::uint32_t stored = size == 4 ? bits : host_bf16(bits);
      for (int b = 0; b < size; ++b) bytes[size * i + b] = static_cast<std::uint8_t>(stored >> (8 * b));
    }
    return;
  }
  const BlockFloat blocks = block_float(format);
  for (int i = 0; i < tile_blocks; ++i) store_block(blocks, host_packed_block(blocks, values + i * block_length), i, bytes);
}
/// What the unpacker reads into a source register, as bfloat16 in tile order. Requires: `format` is no fp32.
constexpr void unpack_tile(TileFormat format, const std::uint8_t* bytes, std::uint16_t* bf16) noexcept {
  if (format == TileFormat::bf16) {
    for (int i = 0; i < tile_numbers; ++i)
      bf16[i] = static_cast<std::uint16_t>(bytes[2 * i] | unsigned{bytes[2 * i + 1]} << 8);
    return;
  }
  const BlockFloat blocks = block_float(format);
  for (int i = 0; i < tile_blocks; ++i) {
    const Block block = load_block(blocks, bytes, i);
    for (int j = 0; j < block_length; ++j) bf16[i * block_length + j] = unpacked(blocks, block.exponent, block.codes[j]);
  }
}

}  // namespace ttt::kernels::ttnn
