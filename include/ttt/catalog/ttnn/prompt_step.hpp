// The DRAM tensors of a prompt's step, placed one after the other as TTNN places them.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/decoder.hpp>
#include <ttt/catalog/ttnn/l1_heap.hpp>
#include <ttt/catalog/ttnn/weights.hpp>

namespace ttt::catalog::ttnn {

/// Walks through one layer after the other above weights and caches, in the order of emitted programs, and notes how far
/// a bank's tensors reach: what lies free between them is too small for the next as often as not, so their sum is not
/// enough. DRAM is dealt as L1 is, from its other end.
class PromptStep {
 public:
  constexpr PromptStep(const ChipFacts& chip, const DecoderShape& d) : chip_(chip), d_(d), s_(share_of(d)) {
    if (d.chunk < d.context) place(2 * tile_rows(1, d.head_dim, DType::bf16));  // the positions' cos and sin
    const int ids = place(dram_rows(chip, 1, std::int64_t{4} * d.chunk));
    const bool divided = d.chips > 1 && !d.whole_embedding;
    x_ = place(columns(divided ? ceil_div(d.hidden, d.chips) : d.hidden, DType::bf16));
    heap_.free(ids);
    if (divided) renew(x_, columns(d.hidden, DType::bf16));  // gathered
    if (d.activations != DType::bf16) renew(x_, columns(d.hidden, d.activations));
  }
  constexpr void layer() {
    attention();
    feed_forward();
  }
  /// Bytes of a bank from the end of what stays.
  [[nodiscard]] constexpr std::int64_t reach() const { return reach_; }

 private:
  [[nodiscard]] constexpr std::int64_t tile_rows(std::int64_t heads, std::int64_t width, DType t) const {
    return dram_tiles(chip_, heads, d_.chunk, width, t);
  }
  [[nodiscard]] constexpr std::int64_t columns(std::int64_t n, DType t) const { return tile_rows(1, n, t); }
  constexpr int place(std::int64_t bytes) {
    const int handle = heap_.place(bytes);
    if (const std::int64_t end = heap_.end_of(handle); end > reach_) reach_ = end;
    return handle;
  }
  /// Another tensor in the place of one that is freed once it is there.
  constexpr void renew(int& handle, std::int64_t bytes) {
    const int next = place(bytes);
    heap_.free(handle);
    handle = next;
  }
  /// Two at once: both new ones are there before the old ones go.
  constexpr void renew(int& a, std::int64_t a_bytes, int& b, std::int64_t b_bytes) {
    const int next_a = place(a_bytes), next_b = place(b_bytes);
    heap_.free(a), heap_.free(b);
    a = next_a, b = next_b;
  }
  /// Adds `y`, summed over the chips if it is a part on each, to the residual stream.
  constexpr void add(int y, bool summed) {
    int sum = -1;
    if (summed) {
      sum = place(columns(ceil_div(d_.hidden, d_.chips), d_.activations));
      renew(sum, columns(d_.hidden, d_.activations));
    }
    const int next = place(columns(d_.hidden, d_.activations));
    heap_.free(y), heap_.free(sum), heap_.free(x_);
    x_ = next;
  }

  constexpr void attention() {
    const AttentionShape& a = s_.attention;
    const auto heads = [&](int count, DType t) { return tile_rows(count, a.head_dim, t); };
    const int h = place(columns(d_.hidden, d_.activations));
    int fused = place(columns(s_.qkv_columns, d_.activations));
    heap_.free(h);
    if (d_.qkv_bias) renew(fused, columns(s_.qkv_columns, d_.activations));
    int q = place(heads(a.heads, d_.activations)), k = place(heads(a.kv_heads, d_.activations));
    const int v = place(heads(a.kv_heads, d_.activations));
    heap_.free(fused);
    if (d_.activations != DType::bf16) renew(q, heads(a.heads, DType::bf16), k, heads(a.kv_heads, DType::bf16));
    if (d_.qk_norm) renew(q, heads(a.heads, DType::bf16), k, heads(a.kv_heads, DType::bf16));
    renew(q, heads(a.heads, DType::bf16));  // turned
    renew(k, heads(a.kv_heads, DType::bf16));
    const int narrow = place(heads(a.heads, product_format));
    const int keys = a.kv != DType::bf16 ? place(heads(a.kv_heads, a.kv)) : -1;
    const int values = a.kv != d_.activations ? place(heads(a.kv_heads, a.kv)) : -1;
    const int apart = place(heads(a.heads, product_format));
    const int joined = place(columns(s_.o_rows, product_format));
    for (const int done : {q, k, v, narrow, keys, values, apart}) heap_.free(done);
    const int y = place(columns(d_.hidden, d_.activations));
    heap_.free(joined);
    add(y, d_.sums_attention());
  }
  constexpr void feed_forward() {
    const int h = place(columns(d_.hidden, d_.activations));
    const int gate = place(columns(s_.ffn, d_.activations)), up = d_.gated ? place(columns(s_.ffn, d_.activations)) : -1;
    heap_.free(h);
    const int product = place(columns(s_.ffn, down_input(d_)));
    heap_.free(gate), heap_.free(up);
    const int y = place(columns(d_.hidden, d_.activations));
    heap_.free(product);
    add(y, d_.sums_ffn());
  }

  ChipFacts chip_;
  DecoderShape d_;
  ChipShare s_;
  L1Heap heap_;
  std::int64_t reach_ = 0;
  int x_ = -1;
};

/// DRAM bytes per bank that stay beside weights and caches: rotary tables for decode (rows) and prompt (tiles), the turn of
/// each session, page tables, positions.
[[nodiscard]] constexpr std::int64_t table_bytes(const ChipFacts& chip, const DecoderShape& d) {
  const std::int64_t pages = 4 * ceil_div(d.context, d.page);
  return 2 * dram_rows(chip, d.context, 2 * d.head_dim) + 2 * dram_tiles(chip, 1, d.context, d.head_dim, DType::bf16) +
         dram_tiles(chip, 1, (d.batch + 1) * tile_side, tile_side, DType::bf16) + dram_rows(chip, d.batch, pages) +
         2 * dram_rows(chip, 1, pages) + stick(chip, d.batch);
}

/// DRAM bytes per bank that a prompt's step needs beside weights, caches and tables; 0 without a prompt.
[[nodiscard]] constexpr std::int64_t prompt_reach(const ChipFacts& chip, const DecoderShape& d) {
  if (d.chunk <= 0) return 0;
  PromptStep step(chip, d);
  step.layer();
  if (d.layers > 1) step.layer();  // the residual stream need not lie where the first layer found it
  return step.reach();
}

}  // namespace ttt::catalog::ttnn
