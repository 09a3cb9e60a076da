// Definitions of engine.hpp.
#pragma once

#include <cmath>

#include <ttt/kernels/ttnn/attention_ops.hpp>
#include <ttt/kernels/pack.hpp>
#include <ttt/kernels/ttnn/engine.hpp>
#include <ttt/kernels/ttnn/row_kernels.ipp>
#include <ttt/kernels/ttnn/tile_product_kernel.ipp>

namespace ttt::kernels::ttnn {

namespace tensix {

/// embedding: rows of a bfloat16 table, scaled by ttnn.mul where there is a scale; those of types and positions by ttnn.add; the
/// host's angles in bfloat16.
inline void embed(const EmbedArgs& a, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const Range items = share(std::int64_t{2} * a.row_count, part);
  for (std::int64_t item = items.begin; item < items.end; ++item) {
    const std::int64_t r = item % a.row_count;
    const Row& row = a.rows[r];
    if (item >= a.row_count) {
      if (a.inv_freq == nullptr || a.inv_freq[row.session] == nullptr || a.rotary_dim == 0) continue;
      const float* const frequencies = a.inv_freq[row.session];
      const float factor = a.rope_scale != nullptr ? a.rope_scale[row.session] : 1.f;
      const int half = a.rotary_dim / 2;
      float* const to = a.cos_sin + r * a.rotary_dim;
      for (int i = 0; i < half; ++i) {
        const float angle = static_cast<float>(row.position) * frequencies[i];
        to[i] = on_host(std::cos(angle) * factor);
        to[half + i] = on_host(std::sin(angle) * factor);
      }
      continue;
    }
    if (a.y == nullptr || a.table.data == nullptr) continue;
    float* const y = a.y + r * a.table.k;
    const auto fetched = [](const Packed& table, std::int32_t at, int k) {
      const std::int64_t tile = tile_bytes(TileFormat::bf16);
      const auto* const column = static_cast<const std::uint8_t*>(table.data) + at / tile_side * tiles_along(table.k) * tile;
      return widened(bf16_in_tile(column + k / tile_side * tile, place_in_tile(k % tile_side, at % tile_side)));
    };
    for (int k = 0; k < a.table.k; ++k) {
      y[k] = fetched(a.table, row.token, k);
      if (a.scale != 1.f) y[k] = element_product(y[k], on_host(a.scale), 4, true);
    }
    leave_op(y, a.table.k, mode.activations);
    const auto add = [&](const Packed& table, std::int32_t at) {
      if (table.data == nullptr) return;
      float other[row_stretch];
      for (int first = 0; first < table.k; first += row_stretch) {
        const int n = std::min(row_stretch, table.k - first);
        for (int i = 0; i < n; ++i) other[i] = fetched(table, at, first + i);
        level.rows.add(y + first, other, n, false, y + first);
      }
      leave_op(y, table.k, mode.activations);
    };
    add(a.token_types, row.type);
    add(a.positions, row.position);
  }
}

inline void norm(const NormOpArgs& a, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const Range mine = share(a.row_count, part);
  for (std::int64_t r = mine.begin; r < mine.end; ++r) {
    float* const y = a.y + r * a.width;
    normalise_row(a.x + r * a.width, a.width, a.norm, mode.activations, level.rows,
                  [&](std::int64_t i, std::uint16_t number) { y[i] = widened(number); });
  }
}

/// DeviceEngine::pack_rows.
inline void pack_rows(DType format, DType source_type, const void* source, std::int64_t row_begin, std::int64_t row_count,
                      std::int64_t k, void* destination, PanelPlacement placement) noexcept {
  const TileFormat f = tile_format(format);
  const std::int64_t source_bytes = k * catalog::bytes_of(source_type);
  const auto row_of = [&](std::int64_t row) { return static_cast<const char*>(source) + row * source_bytes; };
  for (std::int64_t row = 0; row < row_count; row += panel_rows) {
    const std::int64_t group = placement.first + (row_begin + row) / panel_rows * placement.step;
    std::uint8_t* const column = static_cast<std::uint8_t*>(destination) + group / 2 * column_bytes(k, format);
    for (std::int64_t k_tile = 0; k_tile < tiles_along(k); ++k_tile) {
      float numbers[tile_side][panel_rows] = {};
      const std::int64_t inputs = std::min<std::int64_t>(tile_side, k - k_tile * tile_side);
      for (std::int64_t lane = 0; lane < panel_rows && row + lane < row_count; ++lane) {
        float of_row[tile_side] = {};
        widen(source_type, row_of(row + lane) + k_tile * tile_side * catalog::bytes_of(source_type), inputs, of_row);
        for (std::int64_t i = 0; i < inputs; ++i) numbers[i][lane] = of_row[i];
      }
      std::uint8_t* const tile = column + k_tile * tile_bytes(f);
      for (int i = 0; i < tile_side; ++i) host_pack_block(f, numbers[i], block_in_tile(i, static_cast<int>(group % 2)), tile);
    }
  }
}

inline std::int64_t layer_cache_bytes(int kv_heads, int head_dim, std::int64_t page, DType format) noexcept {
  return kv_heads * head_cache_bytes(head_dim, page, format);
}
inline std::int64_t bytes_of_column(std::int64_t k, DType format) noexcept { return column_bytes(k, format); }
inline bool holds_weights(DType format) noexcept { return is_tile_format(format); }
inline bool holds_activation(Activation f) noexcept { return f != Activation::own; }

/// An op with the kernels of the processor's level.
template <class Args, void (*Op)(const Args&, const DeviceMode&, const LevelKernels&, Part) noexcept>
void at_level(const Args& a, const DeviceMode& mode, Part part) noexcept {
  Op(a, mode, {row_kernels(mode.isa), tile_product_kernel(mode.isa)}, part);
}

}  // namespace tensix

TTT_INLINE const DeviceEngine& tensix_engine() noexcept {
  static constexpr DeviceEngine engine{.embed = tensix::at_level<EmbedArgs, tensix::embed>,
                                       .store = tensix::at_level<MatmulArgs, linear<false>>,
                                       .residual = tensix::at_level<MatmulArgs, linear<true>>,
                                       .activated = tensix::at_level<MatmulArgs, activated_linear>,
                                       .gated = tensix::at_level<MatmulArgs, gated_linear>,
                                       .qkv = tensix::at_level<QkvArgs, qkv_product>,
                                       .attention = tensix::at_level<AttentionArgs, flash_attention>,
                                       .norm = tensix::at_level<NormOpArgs, tensix::norm>,
                                       .pack_rows = tensix::pack_rows,
                                       .groups_of_panel = 2,
                                       .panel_bytes = tensix::bytes_of_column,
                                       .cache_bytes = tensix::layer_cache_bytes,
                                       .most_chips = most_chips,
                                       .holds_weights = tensix::holds_weights,
                                       .holds_activation = tensix::holds_activation};
  return engine;
}

}  // namespace ttt::kernels::ttnn
