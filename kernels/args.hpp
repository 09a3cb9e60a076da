// What a kernel is given. Plain structs and raw pointers: the same on every ISA, shared by all of them.
//
// Buffers are fp32, row-major, one row a token. Packed weights are panels of 16 outputs (`panel_rows`), so
// that a vector load yields 16 outputs without horizontal sums. Of the output group [16 p, 16 p + 16):
//   bf16         packed[p][k / 2][lane][k % 2]   two consecutive inputs side by side (what a bf16 dot product
//   reads) fp32, fp16   packed[p][k][lane]
//   int8, int4, int4m   packed[p][k / 32]: a group, as kernels/groups.hpp says
// K is padded with zeros to an even number (to whole groups), the outputs of each segment (q, k, v, gate, up)
// to a multiple of 16. Gate and up panels alternate: gate 0, up 0, gate 1, … Sizes in bytes: <ttt/catalog/packing.hpp>.
#pragma once

#include <cstdint>

#include <ttt/catalog/packing.hpp>
#include <ttt/spec/activation.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::kernels {

using catalog::attention_tile;
using catalog::context_block;
using catalog::kv_lanes;
using catalog::panel_rows;

/// Part `index` of `count`: an op's work is cut by outputs, never by the reduction, so results do not depend
/// on who runs which part.
struct Part {
  int index;
  int count;
};

/// One packed matrix [n, k]. `segments` that need padding are described by the op.
struct Packed {
  const void* data;   ///< panels as above, 64-byte aligned
  const float* bias;  ///< [padded n] fp32 in panel order, or null
  int n;              ///< outputs, padded to panel_rows per segment
  int k;              ///< inputs (unpadded)
};

/// Normalisation of the input rows before the product: y = (x - mean) * rsqrt(var + eps) * weight + bias.
enum class NormKind : std::uint8_t { none, rms, layer };
struct NormArgs {
  NormKind kind;
  float eps;
  const float* weight;  ///< [k] or null
  const float* bias;    ///< [k] or null
};

/// One row (token) of a step.
struct Row {
  std::int32_t token;
  std::int32_t position;  ///< in its session, 0-based
  std::int32_t session;   ///< index into the step's sessions
  std::int32_t type = 0;  ///< token type (BERT's segment), 0 without any
};

/// The KV cache of one session as one layer sees it, in pages of `page` positions.
/// Of a page, with g = catalog::kv_group(format), K: [kv_head][position / 16][dimension / g][position % 16][dimension % g];
/// V: [kv_head][dimension / 16][position / g][dimension % 16][position % g]; dimensions are padded to whole g and 16. So a
/// vector holds 16 positions (dimensions), and g of the numbers that are summed lie side by side in its lanes. int8: behind
/// each head's numbers one fp32 scale for each position. `page` is a multiple of 16, and of `context_block` where there is
/// more than one page, so that a block of the context lies in one. Positions not yet appended may hold anything; but of bf16
/// values the neighbour of the last position holds a number.
struct KvView {
  void* k;                    ///< page 0 of the layer's keys
  void* v;                    ///< page 0 of the layer's values
  std::int64_t page;          ///< positions of a page
  std::int64_t k_stride;      ///< bytes from one page of keys to the next: at least catalog::k_cache_bytes of one
  std::int64_t v_stride;      ///< of values
  const std::int32_t* pages;  ///< numbers of the session's pages, by position / page

  /// Keys of the page that holds `position`.
  [[nodiscard]] char* keys(std::int64_t position) const noexcept {
    return static_cast<char*>(k) + pages[position / page] * k_stride;
  }
  [[nodiscard]] char* values(std::int64_t position) const noexcept {
    return static_cast<char*>(v) + pages[position / page] * v_stride;
  }
};

inline constexpr std::int32_t lone_page[1] = {0};

/// A cache of one page with room for `capacity` positions, a multiple of 16.
[[nodiscard]] constexpr KvView contiguous_kv(void* k, void* v, std::int64_t capacity) noexcept {
  return {k, v, capacity, 0, 0, lone_page};
}

/// embedding: y[r] = table[token[r]] * scale + token_types[type[r]] + positions[position[r]]; also cos and sin of the step's
/// rotary angles.
struct EmbedArgs {
  const Row* rows;
  int row_count;
  Packed table;  ///< [vocab, hidden]: a head's packing when tied, else panels too
  Packed token_types, positions;  ///< in the table's format; `data` null: the model has none
  float scale;
  float* y;                      ///< [rows, hidden]
  const float* const* inv_freq;  ///< per session: [rotary_dim / 2], or null without rotary positions
  const float* rope_scale;       ///< per session: factor on cos and sin (yarn's attention factor), else 1
  int rotary_dim;
  float* cos_sin;  ///< [rows, rotary_dim]: cos then sin, each rotary_dim / 2
};

/// Products with fused neighbours. `epilogue` members that an epilogue does not use stay null.
struct MatmulArgs {
  const float* x;  ///< [rows, k], row stride ldx
  std::int64_t ldx;
  int row_count;
  NormArgs norm;
  Packed w;
  float* y;  ///< output rows, stride ldy; the residual epilogue adds into it
  std::int64_t ldy;
  int out;        ///< outputs kept (unpadded); gated: w.n counts gate and up, `out` = intermediate size
  float softcap;  ///< store: y = softcap * tanh(y / softcap) when > 0
  const std::int32_t* row_map;  ///< input row of each of the `row_count` computed rows, or null: the same
  float* scratch;  ///< `scratch_stride` floats for each part: catalog::matmul_scratch_floats, or more
  std::int64_t scratch_stride;
  // What ttt's kernels are chosen by; a kernel of the user's own may look.
  DType weight_format;    ///< of `w`
  DType operand_format;   ///< what x is rounded to before the product: fp32 (not at all), bf16, or int8 in groups
  Activation activation;  ///< gated and activated
};

/// Writes one head's key or value of one position into a cache; either may be null. One function a cache format, so that
/// the products beside it need not be keyed on the format too.
using AppendFn = void (*)(const KvView& cache, int head_dim, std::int64_t head, std::int64_t position, const float* key,
                          const float* value) noexcept;

/// The qkv product: bias, optional per-head norm, rotary positions, K and V appended to the caches.
/// Parts own whole heads. Segments: q [heads * head_dim], k and v [kv_heads * head_dim], each padded to 16
/// outputs.
struct QkvArgs {
  MatmulArgs matmul;  ///< w holds q, k, v segments; y is unused
  int heads, kv_heads, head_dim, rotary_dim;
  bool interleaved;     ///< rotary pairs (2i, 2i + 1) instead of (i, i + rotary_dim / 2)
  const float* q_norm;  ///< [head_dim] RMS weights or null
  const float* k_norm;
  float qk_norm_eps;
  const Row* rows;
  const float* cos_sin;  ///< as EmbedArgs makes it
  float* q;              ///< [rows, heads * head_dim]
  float* kv;             ///< [rows, 2 * kv_heads * head_dim]: a row's k, then its v, before they are appended
  const KvView* caches;  ///< [session]
  DType kv_format;       ///< theirs: int8 or a plain one
  AppendFn append;       ///< for that format; null only for an own kernel, in a program that holds none
};

/// Where attention of few rows cuts the context: what each block of it gives is kept until the last one of an item
/// (a tile of queries of one KV head) is there; then they are added in order.
struct ContextSplit {
  std::uint32_t* arrived;  ///< blocks done of each item, catalog::arrival_bytes apart; zero before an op and after it
  float* partials;
  std::int64_t items;   ///< there is room for; 0: the context is never cut
  std::int64_t floats;  ///< in `partials`: catalog::split_floats, or more
};

/// Softmax(q k^T * scale + mask) v over the cache, causal, optionally within a sliding window. A row sees the positions up to
/// its own in `rows`: a bidirectional attention is given rows that all have their sequence's last position.
/// Rows of one session that follow each other in `rows` share their reads of K and V.
struct AttentionArgs {
  int heads, kv_heads, head_dim;
  const Row* rows;
  int row_count;
  const float* q;  ///< [rows, heads * head_dim]
  const KvView* caches;
  float scale;
  float softcap;   ///< scores = softcap * tanh(scores / softcap) when > 0
  int window;      ///< keys seen, itself included; 0 = all
  float* y;        ///< [rows, heads * head_dim]
  float* scratch;  ///< `scratch_stride` floats for each part: catalog::attention_scratch_floats, or more
  std::int64_t scratch_stride;
  ContextSplit split;
  DType kv_format;  ///< of the caches
  /// What queries and probabilities are rounded to: fp32 (not at all), bf16, or int8 in groups of 32 beside an int8 cache.
  DType prompt_operands;  ///< where a session has several rows in the step
  DType decode_operands;  ///< where it has one
};

/// A normalisation that nothing fuses (a model that ends in a norm, a module used alone).
struct NormOpArgs {
  const float* x;
  float* y;
  int row_count;
  int width;
  NormArgs norm;
};

// The kernels themselves.
using EmbedFn = void (*)(const EmbedArgs&, Part) noexcept;
using MatmulFn = void (*)(const MatmulArgs&, Part) noexcept;
using QkvFn = void (*)(const QkvArgs&, Part) noexcept;
using AttentionFn = void (*)(const AttentionArgs&, Part) noexcept;
using NormFn = void (*)(const NormOpArgs&, Part) noexcept;

}  // namespace ttt::kernels
