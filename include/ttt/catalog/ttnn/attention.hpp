// L1 needs of TTNN's attention ops: prompt and decode attention, cache update, head reshapes, rotary
// embedding.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/tile.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

/// One chip's share of an attention: heads are those of this chip.
struct AttentionShape {
  int heads = 0, kv_heads = 0, head_dim = 0;
  int batch = 1;    ///< sessions of a decode step
  int context = 0;  ///< positions that a page table can hold, per session
  int page = 32;    ///< positions of a page
  DType kv = DType::bfloat8_b;
};

/// Positions of the query and key blocks of prompt attention in the reference modules.
[[nodiscard]] constexpr int attention_chunk(int tokens) { return tokens >= 2048 ? 256 : 64; }

/// scaled_dot_product_attention with fp32 Dst on 8 by 8 cores, its mask left out; queries, `query_blocks` of them at once,
/// and output in `activations`. Source: tt-metal's program factory; TTNN 0.81.1 keeps scores and row sums in fp32, as the mock's buffer
/// sizes show.
[[nodiscard]] constexpr std::int64_t attention_blocks(const AttentionShape& a, int query_blocks, DType activations, int chunk) {
  const std::int64_t c = tiles(chunk), d = tiles(a.head_dim), bf16 = tile_bytes(DType::bf16),
                     fp32 = tile_bytes(DType::fp32);
  return c * d * tile_bytes(activations) * query_blocks  // queries
         + 2 * (2 * c * d * tile_bytes(a.kv))  // keys, values: two blocks each
         + 2 * bf16                            // scalers
         + c * c * fp32                        // scores
         + 2 * c * d * bf16                    // output so far: old and new
         + c * (3 * bf16 + 2 * fp32)           // row maxima and sums
         + c * d * tile_bytes(activations);    // output
}
/// The same, causal, of a prompt, over a page table where the context holds more than its `tokens`; two blocks of queries
/// where there are so many.
[[nodiscard]] constexpr OpL1 attention_prefill_l1(const ChipFacts& chip, const AttentionShape& a, int tokens,
                                                  DType activations, int chunk) {
  // The page table where earlier tokens come from the cache; else, on Blackhole, a note for handing keys on.
  const std::int64_t table = a.context > tokens      ? stick(chip, ceil_div(a.context, a.page))
                             : chip.dram_align == 64 ? 96
                                                     : 0;
  return {attention_blocks(a, tokens > chunk ? 2 : 1, activations, chunk) + 2 * tile_bytes(DType::bf16) + table, 0};
}

/// The same of `a.batch` whole sequences of `tokens`, every one of which sees all; two blocks of queries where cores take
/// more than one. `masked`: a bf16 mask says where each sequence ends;
/// else TTNN makes one in bfloat4_b where tokens are no whole chunks. At most so much: chunks of 256 without a mask can do with
/// less. Source: buffer sizes on the mock.
[[nodiscard]] constexpr OpL1 attention_encoder_l1(const AttentionShape& a, int tokens, DType activations, int chunk, bool masked) {
  const std::int64_t c = tiles(chunk);
  const DType mask = masked ? DType::bf16 : DType::bfloat4_b;
  const bool any = masked || tokens % chunk != 0;
  const std::int64_t items = std::int64_t{a.batch} * a.heads * ceil_div(tokens, chunk);
  return {attention_blocks(a, items > 64 ? 2 : 1, activations, chunk) + (any ? 2 * c * c * tile_bytes(mask) : 0), 0};
}

/// paged_scaled_dot_product_attention_decode with the reference modules' program (chunks chosen by TTNN: as
/// many tiles of keys as Dst holds) on 8 by 8 cores, bf16 queries in L1 shards (one core per session), output
/// in DRAM. Source: tt-metal's program factory, confirmed on the mock; binds only where head_dim is 512 or
/// more, or with one key-value head of 256 and more.
[[nodiscard]] constexpr OpL1 attention_decode_l1(const ChipFacts& chip, const AttentionShape& a,
                                                 bool fp32_dst) {
  const std::int64_t h = tiles(a.heads), d = tiles(a.head_dim), keys = fp32_dst ? 4 : 8,
                     bf16 = tile_bytes(DType::bf16);
  const std::int64_t small = a.heads <= 16 ? bf16 / 2 : bf16;  // half tiles where 16 rows hold all heads
  const std::int64_t share = a.batch > 0 && a.kv_heads > 0 ? 64 / a.batch / a.kv_heads : 1;
  const std::int64_t cores_per_head = share < 1 ? 1 : share > 16 ? 16 : share;
  OpL1 use;
  use.circular_buffers =
      2 * h * d * small                                 // queries, twice
      + 2 * (2 * keys * d * tile_bytes(a.kv))           // keys, values: two chunks each
      + 2 * h * keys * small                            // mask, scores
      + bf16 + 2 * small                                // scalers
      + 11 * h * small                                  // maxima, sums and their neighbours'
      + 4 * h * d * small                               // outputs so far
      + h * d * bf16                                    // output
      + (h * d + 2 * h) * small * (cores_per_head - 1)  // what the other cores of a head send
      + 2 * stick(chip, a.batch) + stick(chip, ceil_div(a.context, a.page));
  use.tensors = h * d * bf16;
  return use;
}

/// paged_update_cache of one of keys and values, each session's row in an L1 shard of its own core. Source:
/// buffer sizes on the mock. TTNN 0.81.1 keeps a row of tiles per session, which binds with 32 sessions of
/// head_dim 1024.
[[nodiscard]] constexpr OpL1 cache_update_l1(const ChipFacts& chip, const AttentionShape& a) {
  const std::int64_t d = tiles(a.head_dim), bf16 = tile_bytes(DType::bf16);
  OpL1 use;
  use.circular_buffers =
      (2 + a.batch) * d * tile_bytes(a.kv) + 4 * d * bf16 + 4096 + stick(chip, ceil_div(a.context, a.page));
  use.tensors = std::int64_t{tiles(a.kv_heads)} * d * bf16;
  return use;
}

/// nlp_concat_heads of a prompt: a row of tiles of all heads, twice. Source: the mock.
[[nodiscard]] constexpr OpL1 concat_heads_l1(const AttentionShape& a, DType activations) {
  return {std::int64_t{2} * a.heads * tiles(a.head_dim) * tile_bytes(activations), 0};
}

/// L1 shards that decode attention holds beside its operands: rotary cos, sin and the 32 x 32 turn of each
/// session.
[[nodiscard]] constexpr std::int64_t rotary_l1_bytes(const AttentionShape& a) {
  return (2 * std::int64_t{tiles(a.head_dim)} + 1) * tile_bytes(DType::bf16);
}

// Never binding, so without a function: nlp_create_qkv_heads (16 KiB) and its decode form (works in its
// tensors' shards), rotary_embedding_llama (under 14 tile rows of a head), paged_fill_cache (two of them),
// typecast, add, mul, reshards (a few tiles), nlp_concat_heads_decode (in its shards).

}  // namespace ttt::catalog::ttnn
