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
    if (d.rotary && d.chunk < d.context) place(2 * tile_rows(1, d.head_dim, DType::bf16));  // the positions' cos and sin
    const bool divided = d.chips > 1 && !d.whole_embedding;
    const std::int64_t part = columns(divided ? ceil_div(d.hidden, d.chips) : d.hidden, DType::bf16);
    for (const int table : {1, d.positions, d.token_types}) {  // whatever the vocabulary, 0 leaves the head out
      if (table == 0) continue;
      const int ids = place(dram_rows(chip, 1, std::int64_t{4} * d.chunk)), rows = place(part);
      heap_.free(ids);
      if (x_ >= 0) renew(x_, part);  // the sum
      if (x_ >= 0) heap_.free(rows);
      else x_ = rows;
    }
    if (divided) renew(x_, columns(d.hidden, DType::bf16));  // gathered
    if (d.activations != DType::bf16) renew(x_, columns(d.hidden, d.activations));
    if (d.embedding_norm) renew(x_, columns(d.hidden, d.activations));
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
    if (d_.post_norm) renew(x_, columns(d_.hidden, d_.activations));
  }
  /// What a half of a layer takes in: the residual stream behind a norm, or as it is.
  constexpr int half_input() { return d_.post_norm ? -1 : place(columns(d_.hidden, d_.activations)); }

  constexpr void attention() {
    const AttentionShape& a = s_.attention;
    const auto heads = [&](int count, DType t) { return tile_rows(count, a.head_dim, t); };
    const int h = half_input();
    int fused = place(columns(s_.qkv_columns, d_.activations));
    heap_.free(h);
    if (d_.qkv_bias) renew(fused, columns(s_.qkv_columns, d_.activations));
    int q = place(heads(a.heads, d_.activations)), k = place(heads(a.kv_heads, d_.activations));
    const int v = place(heads(a.kv_heads, d_.activations));
    heap_.free(fused);
    const DType turned = d_.rotary || d_.qk_norm ? DType::bf16 : d_.activations;
    if (d_.activations != turned) renew(q, heads(a.heads, turned), k, heads(a.kv_heads, turned));
    if (d_.qk_norm) renew(q, heads(a.heads, turned), k, heads(a.kv_heads, turned));
    if (d_.rotary) renew(q, heads(a.heads, turned)), renew(k, heads(a.kv_heads, turned));
    const int narrow = turned != product_format ? place(heads(a.heads, product_format)) : -1;
    const int keys = a.kv != turned ? place(heads(a.kv_heads, a.kv)) : -1;
    const int values = a.kv != d_.activations ? place(heads(a.kv_heads, a.kv)) : -1;
    const int apart = place(heads(a.heads, product_format));
    const int joined = place(columns(s_.o_rows, product_format));
    for (const int done : {q, k, v, narrow, keys, values, apart}) heap_.free(done);
    const int y = place(columns(d_.hidden, d_.activations));
    heap_.free(joined);
    add(y, d_.sums_attention());
  }
  constexpr void feed_forward() {
    const int h = half_input();
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
/// each session; page tables, positions; the mask of an encoder's sequences.
[[nodiscard]] constexpr std::int64_t table_bytes(const ChipFacts& chip, const DecoderShape& d) {
  const std::int64_t pages = 4 * ceil_div(d.context, d.page);
  std::int64_t bytes = 0;
  if (d.rotary)
    bytes += 2 * dram_rows(chip, d.context, 2 * d.head_dim) + 2 * dram_tiles(chip, 1, d.context, d.head_dim, DType::bf16) +
             dram_tiles(chip, 1, (d.batch + 1) * tile_side, tile_side, DType::bf16);
  if (!d.encoder) return bytes + dram_rows(chip, d.batch, pages) + 2 * dram_rows(chip, 1, pages) + stick(chip, d.batch);
  return d.masked() ? bytes + dram_tiles(chip, d.sequences(), d.sequence(), d.sequence(), DType::bf16) : bytes;
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
