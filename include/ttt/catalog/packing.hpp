// How many bytes the CPU's layouts take: packed weights, KV caches, and the scratch of one part.
#pragma once

#include <cstdint>

#include <ttt/spec/dtype.hpp>

namespace ttt::catalog {

inline constexpr int panel_rows = 16;      ///< outputs of one packed panel
inline constexpr int kv_lanes = 16;        ///< positions of one K tile, dimensions of one V panel
inline constexpr int context_block = 256;  ///< positions reduced together; blocks are combined in order
inline constexpr int attention_tile = 48;  ///< (row, head) queries that read K and V together

[[nodiscard]] constexpr std::int64_t round_up(std::int64_t value, std::int64_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

inline constexpr int group_size = 32;  ///< numbers that share a scale in int8 activations and in ttt's own weight formats

/// Formats of numbers that stand alone.
[[nodiscard]] constexpr bool is_plain_format(DType t) noexcept {
  return t == DType::fp32 || t == DType::fp16 || t == DType::bf16;
}
/// Formats of codes in groups with an fp16 scale (some: and an fp16 minimum).
[[nodiscard]] constexpr bool is_group_format(DType t) noexcept { return block_facts(t).group > 0; }
/// Whether weights can be packed in this format.
[[nodiscard]] constexpr bool is_weight_format(DType t) noexcept { return is_plain_format(t) || is_group_format(t); }
/// Whether a KV cache can hold this format.
[[nodiscard]] constexpr bool is_kv_format(DType t) noexcept { return is_plain_format(t) || t == DType::int8; }
/// Whether a product can take its operands in this format; int8 only beside ttt's weights in groups.
[[nodiscard]] constexpr bool is_activation_format(DType t) noexcept {
  return t == DType::fp32 || t == DType::bf16 || t == DType::int8;
}
/// Whether a product of these weights with operands of this format exists.
[[nodiscard]] constexpr bool is_product(DType weights, DType operands) noexcept {
  return is_weight_format(weights) && is_activation_format(operands) &&
         (operands != DType::int8 || (is_group_format(weights) && !is_own_format(weights)));
}

/// Bytes of one stored number of an unscaled format.
[[nodiscard]] constexpr std::int64_t bytes_of(DType t) noexcept {
  return static_cast<std::int64_t>(bits_of(t)) / 8;
}

/// Outputs of one segment (q, k, v, gate, up, …) as they are packed.
[[nodiscard]] constexpr std::int64_t padded_outputs(std::int64_t n) noexcept {
  return round_up(n, panel_rows);
}

/// Bytes of one group of `panel_rows` outputs, scales (and minima) included.
[[nodiscard]] constexpr std::int64_t group_bytes(DType format) noexcept {
  const BlockFacts f = block_facts(format);
  return (std::int64_t{f.bits} * f.group + (f.minimum ? 32 : 16)) * panel_rows / 8;
}

/// Bytes of one panel: `panel_rows` outputs of `k` inputs, the inputs padded to whole groups, or to an even number.
[[nodiscard]] constexpr std::int64_t panel_bytes(std::int64_t k, DType format) noexcept {
  if (is_group_format(format)) return round_up(k, block_facts(format).group) / block_facts(format).group * group_bytes(format);
  return panel_rows * round_up(k, 2) * bytes_of(format);
}

/// Bytes of a packed matrix of `n_padded` outputs (a sum of `padded_outputs`).
[[nodiscard]] constexpr std::int64_t packed_bytes(std::int64_t n_padded, std::int64_t k,
                                                  DType format) noexcept {
  return n_padded / panel_rows * panel_bytes(k, format);
}

/// Numbers of a KV cache that lie side by side in a lane, because an instruction multiplies them together: dimensions of
/// a key, positions of a value.
[[nodiscard]] constexpr int kv_group(DType format) noexcept {
  return format == DType::bf16 ? 2 : format == DType::int8 ? 4 : 1;
}
/// Bytes of the scales of one position of one head: int8 has one in fp32.
[[nodiscard]] constexpr std::int64_t kv_scale_bytes(DType format) noexcept { return format == DType::int8 ? 4 : 0; }

/// Bytes of one head's keys in a page of so many positions, a multiple of `kv_lanes`; scales lie behind the numbers.
[[nodiscard]] constexpr std::int64_t k_head_bytes(int head_dim, std::int64_t page, DType format) noexcept {
  return page * (round_up(head_dim, kv_group(format)) * bytes_of(format) + kv_scale_bytes(format));
}
/// Of its values, whose dimensions are padded to whole panels.
[[nodiscard]] constexpr std::int64_t v_head_bytes(int head_dim, std::int64_t page, DType format) noexcept {
  return page * (round_up(head_dim, kv_lanes) * bytes_of(format) + kv_scale_bytes(format));
}
/// Bytes of the K cache of one layer in one page.
[[nodiscard]] constexpr std::int64_t k_cache_bytes(int kv_heads, int head_dim, std::int64_t page,
                                                   DType format) noexcept {
  return kv_heads * k_head_bytes(head_dim, page, format);
}
/// Bytes of the V cache of one layer in one page.
[[nodiscard]] constexpr std::int64_t v_cache_bytes(int kv_heads, int head_dim, std::int64_t page,
                                                   DType format) noexcept {
  return kv_heads * v_head_bytes(head_dim, page, format);
}

/// Rows that a product prepares (normalises, rounds) at a time: about 1.5 MiB of them, whole tiles of 12.
[[nodiscard]] constexpr int row_block(std::int64_t k) noexcept {
  const std::int64_t rows = 393'216 / (k > 0 ? k : 1) / 12 * 12;
  return static_cast<int>(rows < 24 ? 24 : rows > 96 ? 96 : rows);
}

/// Scratch of one part of a product with `k` inputs over at most `rows` rows, in floats.
[[nodiscard]] constexpr std::int64_t matmul_scratch_floats(std::int64_t k, std::int64_t rows) noexcept {
  const std::int64_t block = row_block(k);
  const std::int64_t tiled = rows <= 1 ? 1 : rows < block ? round_up(rows, 12) : block;
  return tiled * round_up(k, 32);
}

/// Scratch of one part of attention, in floats: queries, scores, probabilities, the block's and the whole
/// sums; two panels of a cache as the products want them.
[[nodiscard]] constexpr std::int64_t attention_scratch_floats(int head_dim) noexcept {
  const std::int64_t dims = round_up(head_dim, 32);
  return attention_tile * (3 * dims + 2 * context_block) + 2 * panel_rows * (dims > context_block ? dims : context_block);
}

/// A tile of queries of one KV head is an item of attention. In a step of fewer items than this for every part, the
/// context of each is cut into its blocks, so that all parts have work.
inline constexpr int split_items_a_part = 8;
inline constexpr int arrival_bytes = 64;  ///< a counter's own cache line

/// Items that a step of `rows` sessions' single tokens may be cut into; 0 where there is nobody to share with.
[[nodiscard]] constexpr std::int64_t split_items(std::int64_t rows, int heads, int kv_heads, int parts) noexcept {
  if (parts < 2) return 0;
  const std::int64_t items = rows * kv_heads * ((heads / kv_heads + attention_tile - 1) / attention_tile);
  const std::int64_t most = std::int64_t{split_items_a_part} * parts;
  return items < most ? items : most;
}
/// Floats of what one block of the context adds to `queries` queries: largest score, sum, and weighted values.
[[nodiscard]] constexpr std::int64_t partial_floats(int queries, int head_dim) noexcept {
  return queries * (round_up(head_dim, 32) + 2);
}
/// Floats of the partial results of `items` items over a context of that length; `window` as in AttentionSpec.
[[nodiscard]] constexpr std::int64_t split_floats(std::int64_t items, int heads, int kv_heads, int head_dim,
                                                  std::int64_t context, std::int64_t window) noexcept {
  const int group = heads / kv_heads;
  const std::int64_t all = (context + context_block - 1) / context_block;
  const std::int64_t seen = window > 0 ? window / context_block + 2 : all;
  return items * (seen < all ? seen : all) * partial_floats(group < attention_tile ? group : attention_tile, head_dim);
}

}  // namespace ttt::catalog
