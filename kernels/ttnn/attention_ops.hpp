// Attention on Tensix cores: the fused QKV product, rows into the paged cache, flash attention over its tiles.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include <ttt/catalog/ttnn/attention.hpp>
#include <ttt/kernels/ttnn/products.hpp>

namespace ttt::kernels::ttnn {

/// A row of one head into the tile row that holds its position; what was behind it in the tile is forgotten, so that nothing
/// depends on what a page held before.
inline void append_row(char* page_of_head, std::int64_t at, int head_dim, DType format, const float* row) noexcept {
  const TileFormat f = tile_format(format);
  std::uint8_t* const tiles = cache_tiles(page_of_head, at, head_dim, format);
  constexpr std::uint16_t zeros[block_length] = {};
  for (std::int64_t block = 0; block < tiles_along(head_dim) * 2; ++block) {
    std::uint8_t* const tile = tiles + block / 2 * tile_bytes(f);
    std::uint16_t numbers[block_length] = {};
    for (std::int64_t i = 0; i < block_length && block * block_length + i < head_dim; ++i)
      numbers[i] = narrowed(row[block * block_length + i]);
    const int half = static_cast<int>(block % 2), in_tile = static_cast<int>(at % tile_side);
    pack_block(f, numbers, block_in_tile(in_tile, half), tile);
    for (int r = in_tile + 1; r < tile_side; ++r) pack_block(f, zeros, block_in_tile(r, half), tile);
  }
}

/// linear (fused QKV), heads, their norms, rotary_embedding_llama, paged_update_cache. Parts own whole heads; a column of tiles
/// that two of them share is computed by both.
inline void qkv_product(const QkvArgs& a, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const RowKernels& rows = level.rows;
  const QkvLayout layout(a.heads, a.kv_heads, a.head_dim);
  const Range units = share(layout.units, part);
  const std::int64_t kv_width = std::int64_t{2} * a.kv_heads * a.head_dim;
  const auto head_at = [&](std::int64_t r, int s, std::int64_t h) {
    return s == 0 ? a.q + (r * a.heads + h) * a.head_dim : a.kv + r * kv_width + ((s == 2 ? a.kv_heads : 0) + h) * a.head_dim;
  };
  const auto finish = [&](std::int64_t r, int s, std::int64_t h) {
    float* const head = head_at(r, s, h);
    const Row row = a.rows[r];
    const float* const weight = s == 0 ? a.q_norm : a.k_norm;
    if (s < 2 && weight != nullptr)
      normalise_row(head, a.head_dim, {NormKind::rms, a.qk_norm_eps, weight, nullptr}, mode.activations, rows,
                    [&](std::int64_t i, std::uint16_t number) { head[i] = widened(number); });
    if (s < 2 && a.rotary_dim > 0) rotate_head(head, a.cos_sin + r * a.rotary_dim, a.rotary_dim, a.interleaved, rows);
    leave_op(head, a.head_dim, mode.activations);
    if (s == 0) return;
    const KvView& cache = a.caches[row.session];
    char* const page = s == 1 ? cache.keys(row.position) : cache.values(row.position);
    append_row(page + h * head_cache_bytes(a.head_dim, cache.page, a.kv_format), row.position % cache.page, a.head_dim,
               a.kv_format, head);
  };
  for_each_row_block(a.matmul, mode, rows, part, [&](const RowBlock& block) {
    alignas(64) float y[product_rows * tile_side];
    for (int s = 0; s < 3; ++s) {
      const OwnedHeads owned = owned_heads(layout, s, units);
      const Segment& segment = layout.segments[s];
      const std::int64_t width = std::int64_t{segment.heads} * a.head_dim;
      for (std::int64_t column = owned.panels.begin / 2; column * 2 < owned.panels.end; ++column) {
        column_product(a.matmul, mode, level, block, column, y);
        for (std::int64_t panel = std::max(column * 2, owned.panels.begin); panel < std::min(column * 2 + 2, owned.panels.end); ++panel)
          for (std::int64_t r = 0; r < block.count; ++r) {
            const std::int64_t first = (panel - segment.panel_begin) * panel_rows;
            float* const to = head_at(block.first + r, s, 0) + first;
            const float* const from = y + r * tile_side + panel % 2 * panel_rows;
            const std::int64_t n = std::min<std::int64_t>(panel_rows, width - first);
            std::copy(from, from + n, to);
            leave_op(to, n, mode.activations);
          }
      }
      for (std::int64_t r = 0; r < block.count; ++r)
        for (std::int64_t h = owned.heads.begin; h < owned.heads.end; ++h) finish(block.first + r, s, h);
    }
  });
}

/// Queries of one KV head that read its keys together.
struct QueryTile {
  std::int64_t first_row;  ///< of the session's rows in this step
  std::int64_t begin, end;  ///< among rows * group
  std::int64_t kv_head;
  bool decodes;
  std::int64_t chunk;  ///< positions whose scores are exponentiated together
};

/// Softmax(q k^T scale) v with an online softmax over chunks of the context (Dao et al. 2022): scores in Dst's format, row
/// maxima, probabilities and the output so far in bfloat16, sums as Dst has them.
inline void attend(const AttentionArgs& a, const DeviceMode& mode, const LevelKernels& level, const QueryTile& t, float* scratch) noexcept {
  const RowKernels& rows = level.rows;
  const int group = a.heads / a.kv_heads;
  const std::int64_t dims = tiles_along(a.head_dim) * tile_side, count = t.end - t.begin;
  const TileFormat format = tile_format(a.kv_format);
  const std::int64_t tile = tile_bytes(format);
  const MathMode math{false, mode.fp32_dst};
  const int phases = t.decodes ? mode.decode_phases : mode.phases;
  // [count][...]: 48 * (3 dims + 512) floats are there at least (catalog::attention_scratch_floats)
  auto* const queries = reinterpret_cast<std::uint16_t*>(scratch);
  float* const sums = scratch + attention_tile * dims / 2;
  auto* const scores = reinterpret_cast<std::uint32_t*>(sums + attention_tile * dims);
  auto* const values = scores + attention_tile * context_block;
  auto* const probabilities = reinterpret_cast<std::uint16_t*>(values + attention_tile * dims);
  float largest[attention_tile], total[attention_tile];

  const auto row_of = [&](std::int64_t q) { return t.first_row + (t.begin + q) / group; };
  const auto head_of = [&](std::int64_t q) { return t.kv_head * group + (t.begin + q) % group; };
  const auto end_of = [&](std::int64_t q) { return std::int64_t{a.rows[row_of(q)].position} + 1; };
  const auto begin_of = [&](std::int64_t q) { return a.window > 0 ? std::max<std::int64_t>(0, end_of(q) - a.window) : 0; };
  const KvView& cache = a.caches[a.rows[t.first_row].session];
  const std::int64_t head_bytes = head_cache_bytes(a.head_dim, cache.page, a.kv_format);
  const auto tiles_of = [&](char* page, std::int64_t position) {
    return cache_tiles(page + t.kv_head * head_bytes, position % cache.page, a.head_dim, a.kv_format);
  };
  const auto scaled = [&](const float* x, float by, float* y, std::int64_t n) {
    float factors[row_stretch];
    std::fill(factors, factors + std::min<std::int64_t>(n, row_stretch), by);
    for (std::int64_t first = 0; first < n; first += row_stretch)
      rows.multiply(x + first, factors, std::min<std::int64_t>(n - first, row_stretch), 4, mode.fp32_dst, y + first);
  };
  const auto kept = [&](float x) { return mode.fp32_dst ? x : packed(x); };

  for (std::int64_t q = 0; q < count; ++q) {
    const float* const from = a.q + (row_of(q) * a.heads + head_of(q)) * a.head_dim;
    for (std::int64_t d = 0; d < dims; ++d) queries[q * dims + d] = d < a.head_dim ? narrowed(from[d]) : std::uint16_t{0};
    std::fill(sums + q * dims, sums + (q + 1) * dims, 0.f);
    largest[q] = -std::numeric_limits<float>::infinity();
    total[q] = 0;
  }
  const std::int64_t last = end_of(count - 1);
  for (std::int64_t chunk = begin_of(0) / t.chunk * t.chunk; chunk < last; chunk += t.chunk) {
    const std::int64_t chunk_end = std::min(chunk + t.chunk, last), width = tiles_along(chunk_end - chunk) * tile_side;
    std::memset(scores, 0, static_cast<std::size_t>(count * width) * 4);
    for (std::int64_t p = chunk; p < chunk_end; p += tile_side)
      level.product({.in0 = queries, .in0_stride = dims, .rows = count, .in1 = tiles_of(cache.keys(p), p), .in1_format = format,
                     .k_stride = tile, .n_stride = 0, .k_tiles = tiles_along(a.head_dim), .n_tiles = 1, .phases = phases,
                     .fp32_dst = mode.fp32_dst, .dst = scores + (p - chunk), .dst_stride = width, .in1_transposed = true});
    for (std::int64_t q = 0; q < count; ++q) {
      const std::int64_t from = std::max(begin_of(q), chunk) - chunk, to = std::min(end_of(q), chunk_end) - chunk;
      std::uint16_t* const p = probabilities + q * width;
      std::fill(p, p + width, std::uint16_t{0});
      if (from >= to) continue;  // behind its own position, or before its window
      float s[context_block];
      std::memcpy(s, scores + q * width + from, static_cast<std::size_t>(to - from) * 4);
      const std::int64_t n = to - from;
      float scale = a.scale;
      if (a.softcap > 0) {
        for (std::int64_t i = 0; i < n; ++i)
          s[i] = kept(a.softcap * static_cast<float>(std::tanh(double{s[i]} * double{scale} / double{a.softcap})));
        scale = 1;
      }
      float now = largest[q];
      for (std::int64_t i = 0; i < n; ++i) now = std::max(now, packed(s[i]));
      for (std::int64_t i = 0; i < n; ++i) s[i] = element_sum(s[i], -now, true) * scale;
      rows.apply(VectorFunction::exponential, s, n, math, s);
      for (std::int64_t i = 0; i < n; ++i) p[from + i] = packed_bf16(std::bit_cast<std::uint32_t>(s[i]));
      const float sum = row_sum(s, n, mode.fp32_dst);
      if (total[q] == 0) {
        total[q] = sum;
      } else {
        const float shrink = exponential(element_sum(largest[q], -now, true) * scale, math);
        total[q] = element_sum(kept(element_product(total[q], shrink, 4, mode.fp32_dst)), sum, mode.fp32_dst);
        scaled(sums + q * dims, packed(shrink), sums + q * dims, dims);
        leave_op(sums + q * dims, dims, DType::bf16);
      }
      largest[q] = now;
    }
    std::memset(values, 0, static_cast<std::size_t>(count * dims) * 4);
    for (std::int64_t p = chunk; p < chunk_end; p += tile_side)
      level.product({.in0 = probabilities + (p - chunk), .in0_stride = width, .rows = count, .in1 = tiles_of(cache.values(p), p),
                     .in1_format = format, .k_stride = 0, .n_stride = tile, .k_tiles = 1, .n_tiles = tiles_along(a.head_dim),
                     .phases = phases, .fp32_dst = mode.fp32_dst, .dst = values, .dst_stride = dims});
    for (std::int64_t i = 0; i < count * dims; ++i)
      sums[i] = packed(element_sum(sums[i], packed(std::bit_cast<float>(values[i])), mode.fp32_dst));
  }
  for (std::int64_t q = 0; q < count; ++q) {
    const float scale = reciprocal(total[q], math);
    float* const y = a.y + (row_of(q) * a.heads + head_of(q)) * a.head_dim;
    scaled(sums + q * dims, scale, y, a.head_dim);
    leave_op(y, a.head_dim, mode.activations);
  }
}

/// A query's results do not depend on which others share its tile, so parts may be cut anywhere.
inline void flash_attention(const AttentionArgs& a, const DeviceMode& mode, const LevelKernels& level, Part part) noexcept {
  const std::int64_t group = a.heads / a.kv_heads;
  const auto each = [&](auto f) {
    for (std::int64_t row = 0; row < a.row_count;) {
      std::int64_t end = row + 1;
      while (end < a.row_count && a.rows[end].session == a.rows[row].session) ++end;
      const bool decodes = end == row + 1;
      // As TTNN's reference modules cut prompts; decoding, what Dst holds.
      const std::int64_t chunk = decodes ? (mode.fp32_dst ? 128 : 256) : catalog::ttnn::attention_chunk(a.rows[end - 1].position + 1);
      for (std::int64_t head = 0; head < a.kv_heads; ++head)
        for (std::int64_t q = 0; q < (end - row) * group; q += attention_tile)
          f(QueryTile{row, q, std::min((end - row) * group, q + attention_tile), head, decodes, chunk});
      row = end;
    }
  };
  std::int64_t items = 0, item = 0;
  each([&](const QueryTile&) { ++items; });
  const Range mine = share(items, part);
  each([&](const QueryTile& t) {
    const std::int64_t number = item++;
    if (number >= mine.begin && number < mine.end) attend(a, mode, level, t, a.scratch + part.index * a.scratch_stride);
  });
}

}  // namespace ttt::kernels::ttnn
