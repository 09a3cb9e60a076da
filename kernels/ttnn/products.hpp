// Linear layers on Tensix cores: rows into bfloat16, whole columns of tiles, sums packed into L1 between blocks of inputs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <ttt/kernels/partition.hpp>
#include <ttt/kernels/ttnn/collectives.hpp>
#include <ttt/kernels/ttnn/row_ops.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>

namespace ttt::kernels::ttnn {

/// The kernels of one instruction-set level.
struct LevelKernels {
  const RowKernels& rows;
  TileProductFn product;
};

/// Rows of a product that are computed together.
struct RowBlock {
  std::int64_t first, count;
  const std::uint16_t* in0;  ///< bfloat16 [count][stride], inputs padded with zeros to whole tiles
  std::int64_t stride;
};

/// Calls f(block) for all rows of a product, normalised and packed into the part's scratch.
template <class F>
void for_each_row_block(const MatmulArgs& m, const DeviceMode& mode, const RowKernels& rows, Part part, F f) noexcept {
  const std::int64_t stride = tiles_along(m.w.k) * tile_side;
  auto* const in0 = reinterpret_cast<std::uint16_t*>(m.scratch + part.index * m.scratch_stride);
  const std::int64_t most = m.row_count == 1 ? 1 : std::min<std::int64_t>(m.row_count, catalog::row_block(m.w.k));
  for (std::int64_t first = 0; first < m.row_count; first += most) {
    const std::int64_t count = std::min(most, m.row_count - first);
    for (std::int64_t r = 0; r < count; ++r) {
      const float* const x = m.x + (m.row_map != nullptr ? m.row_map[first + r] : first + r) * m.ldx;
      std::uint16_t* const narrow = in0 + r * stride;
      normalise_row(x, m.w.k, m.norm, mode.activations, rows, [&](std::int64_t i, std::uint16_t number) { narrow[i] = number; });
      std::fill(narrow + m.w.k, narrow + stride, std::uint16_t{0});
    }
    f(RowBlock{first, count, in0, stride});
  }
}

inline constexpr std::int64_t product_rows = 96;  ///< catalog::row_block's most

/// Tiles along the inputs.
struct TileRange {
  std::int64_t first, count;
};

/// One column of tiles for a block of rows and these inputs: `y` [count][32], as in Dst after the bias. Between blocks of inputs
/// the packer adds up in L1, in Dst's format; the last block is added in Dst, or by the packer too where a bias comes.
inline void column_product(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, const RowBlock& block,
                           std::int64_t column, TileRange inputs, const float* all_biases, float* y) noexcept {
  const RowKernels& rows = level.rows;
  alignas(64) std::uint32_t dst[product_rows * tile_side];
  alignas(64) std::uint32_t held[product_rows * tile_side];
  const TileFormat format = tile_format(m.weight_format);
  const std::int64_t tile = tile_bytes(format), numbers = block.count * tile_side;
  const std::int64_t step = m.row_count <= tile_side ? mode.decode_k_block : mode.prompt_k_block;
  const std::uint8_t* const weights =
      static_cast<const std::uint8_t*>(m.w.data) + (column * tiles_along(m.w.k) + inputs.first) * tile;
  const std::uint16_t* const in0 = block.in0 + inputs.first * tile_side;
  const bool one_block = step >= inputs.count;
  for (std::int64_t k = 0; k < inputs.count; k += step) {
    const bool first = k == 0, last = k + step >= inputs.count;
    const bool into_dst = last && !first && all_biases == nullptr;
    if (into_dst)
      std::memcpy(dst, held, static_cast<std::size_t>(numbers) * 4);
    else
      std::memset(dst, 0, static_cast<std::size_t>(numbers) * 4);
    level.product({.in0 = in0 + k * tile_side,
                   .in0_stride = block.stride,
                   .rows = block.count,
                   .in1 = weights + k * tile,
                   .in1_format = format,
                   .k_stride = tile,
                   .n_stride = tile * tiles_along(m.w.k),
                   .k_tiles = std::min(step, inputs.count - k),
                   .n_tiles = 1,
                   .phases = mode.phases,
                   .fp32_dst = mode.fp32_dst,
                   .dst = dst,
                   .dst_stride = tile_side});
    if (one_block || into_dst) break;
    if (first)
      std::memcpy(held, dst, static_cast<std::size_t>(numbers) * 4);
    else
      rows.accumulate(held, dst, numbers, mode.fp32_dst);
    if (last) std::memcpy(dst, held, static_cast<std::size_t>(numbers) * 4);
  }
  std::memcpy(y, dst, static_cast<std::size_t>(numbers) * 4);
  if (all_biases == nullptr) return;
  float bias[tile_side];
  for (int i = 0; i < tile_side; ++i) {  // the last column may be half a one
    const std::int64_t output = column * tile_side + i;
    bias[i] = output < m.w.n ? on_host(all_biases[output]) : 0.f;
  }
  for (std::int64_t r = 0; r < block.count; ++r) rows.add(y + r * tile_side, bias, tile_side, mode.fp32_dst, y + r * tile_side);
}
/// All inputs on one chip.
inline void column_product(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, const RowBlock& block,
                           std::int64_t column, float* y) noexcept {
  column_product(m, mode, level, block, column, {0, tiles_along(m.w.k)}, m.w.bias, y);
}

/// A share of the inputs on each chip: every chip packs its own sum (the first one's with the bias), and a reduce-scatter adds
/// them up. `y` [count][32], as it is after that. Requires: the inputs are whole tiles on every chip.
inline void summed_product(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, const RowBlock& block,
                           std::int64_t column, float* y) noexcept {
  alignas(64) float sums[most_chips][product_rows * tile_side];
  const std::int64_t share = tiles_along(m.w.k) / mode.chips;
  for (int chip = 0; chip < mode.chips; ++chip) {
    column_product(m, mode, level, block, column, {chip * share, share}, chip == 0 ? m.w.bias : nullptr, sums[chip]);
    leave_op(sums[chip], block.count * tile_side, mode.activations);
  }
  const std::int64_t slice = (tiles_along(m.out) + mode.chips - 1) / mode.chips;  // of outputs, which one chip adds up
  for (std::int64_t r = 0; r < block.count; ++r) {
    const float* of_chip[most_chips];
    for (int chip = 0; chip < mode.chips; ++chip) of_chip[chip] = sums[chip] + r * tile_side;
    const std::int64_t tile = (block.first + r) / tile_side * slice + column % slice;
    const ScatterPlace place{static_cast<int>(column / slice), tile};
    reduce_scatter(of_chip, mode, place, level.rows, y + r * tile_side);
  }
}

/// Calls f(block, column, y) for the part's columns of tiles and all rows; y as `column_product` leaves it.
template <class F>
void for_each_column(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, Part part, F f) noexcept {
  const Range columns = share(tiles_along(m.w.n), part);
  for_each_row_block(m, mode, level.rows, part, [&](const RowBlock& block) {
    alignas(64) float y[product_rows * tile_side];
    for (std::int64_t column = columns.begin; column < columns.end; ++column) {
      if (mode.chips > 1)
        summed_product(m, mode, level, block, column, y);
      else
        column_product(m, mode, level, block, column, y);
      f(block, column, y);
    }
  });
}

/// y = softcap(x w + b), or y += x w + b by ttnn.add.
template <bool Residual>
void linear(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const RowKernels& rows = level.rows;
  for_each_column(m, mode, level, part, [&](const RowBlock& block, std::int64_t column, float* y) {
    const std::int64_t n = std::min<std::int64_t>(tile_side, m.out - column * tile_side);
    for (std::int64_t r = 0; r < block.count; ++r) {
      float* const from = y + r * tile_side;
      float* const to = m.y + (block.first + r) * m.ldy + column * tile_side;
      leave_op(from, n, mode.activations);
      if (m.softcap > 0)
        for (std::int64_t i = 0; i < n; ++i)
          from[i] = on_host(m.softcap * on_host(static_cast<float>(std::tanh(double{on_host(from[i] / m.softcap)}))));
      if (Residual) {
        rows.add(to, from, n, false, to);
        leave_op(to, n, mode.activations);
      } else {
        std::copy(from, from + n, to);
      }
    }
  });
}

/// y = act(x w + b), the activation on Dst before it is packed.
inline void activated_linear(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const RowKernels& rows = level.rows;
  for_each_column(m, mode, level, part, [&](const RowBlock& block, std::int64_t column, float* y) {
    const std::int64_t n = std::min<std::int64_t>(tile_side, m.out - column * tile_side);
    activate(m.activation, y, block.count * tile_side, mode.fp32_dst, rows);
    for (std::int64_t r = 0; r < block.count; ++r) {
      float* const to = m.y + (block.first + r) * m.ldy + column * tile_side;
      std::copy(y + r * tile_side, y + r * tile_side + n, to);
      leave_op(to, n, mode.activations);
    }
  });
}

/// y = act(gate) * up: two linears, packed; then ttnn.mul with the activation in front, packed, at HiFi4 in a bf16 Dst. A column
/// of tiles holds 16 outputs of each.
inline void gated_linear(const MatmulArgs& m, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const RowKernels& rows = level.rows;
  for_each_column(m, mode, level, part, [&](const RowBlock& block, std::int64_t column, float* y) {
    const std::int64_t n = std::min<std::int64_t>(panel_rows, m.out - column * panel_rows);
    for (std::int64_t r = 0; r < block.count; ++r) {
      float* const gate = y + r * tile_side;
      float* const up = gate + panel_rows;
      leave_op(gate, tile_side, mode.activations);
      activate(m.activation, gate, panel_rows, false, rows);
      float* const to = m.y + (block.first + r) * m.ldy + column * panel_rows;
      rows.multiply(gate, up, n, 4, false, to);
      leave_op(to, n, mode.activations);
    }
  });
}

}  // namespace ttt::kernels::ttnn
