// The L1 tensors of a decode step, placed one after the other as TTNN places them.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/decoder.hpp>
#include <ttt/catalog/ttnn/l1_heap.hpp>

namespace ttt::catalog::ttnn {

/// Circular buffers of all_reduce (reduce_scatter, then all_gather) over a 1D mesh, whatever it sums: the
/// mock's.
inline constexpr std::int64_t sum_buffers = 196'608;

/// Walks through one layer after the other and notes how deep L1 tensors reach at each op.
class DecodeStep {
 public:
  constexpr DecodeStep(const ChipFacts& chip, const DecoderShape& d, DecodePrograms& p)
      : chip_(chip), d_(d), a_(share_of(d).attention), p_(p) {
    x_ = l1_.place(residual());
  }

  constexpr void layer() {
    attention_block();
    feed_forward();
  }
  /// The last norm, and the head in pieces as wide as L1 takes.
  constexpr void head() {
    const int h = normed();
    for (bool narrower = d_.vocab > 0; narrower;) {
      Linear& l = p_.head;
      l.program = head_program(l.shape);
      const int in = moved(l, p_.residual), out = l1_.place(l.output_bytes());
      l.tensors = l1_.depth();
      l.program = fitted(chip_, l.shape, l.program, l.tensors);
      l1_.free(in), l1_.free(out);
      narrower = l.shape.n > tile_side && !fits(chip_, linear_l1(chip_, l));
      if (narrower) l.shape.n = tiles(l.shape.n / 2) * tile_side;
    }
    l1_.free(h), l1_.free(x_);
    p_.pinned = l1_.depth();
  }

 private:
  static constexpr bool same(Grid a, Grid b) { return a.x == b.x && a.y == b.y; }
  constexpr void note(std::int64_t& depth) const {
    if (l1_.depth() > depth) depth = l1_.depth();
  }
  [[nodiscard]] constexpr std::int64_t residual() const {
    return tiles(d_.hidden) / p_.residual.cores() * tile_bytes(d_.activations);
  }
  /// Bytes of a session's heads: rows of tiles, bf16.
  [[nodiscard]] constexpr std::int64_t heads(int count) const {
    return std::int64_t{tiles(count)} * tiles(d_.head_dim) * tile_bytes(DType::bf16);
  }
  constexpr int normed() {
    const int h = l1_.place(residual());
    note(p_.norm);
    return h;
  }
  /// What a half of a layer takes in: the residual stream behind a norm, or as it is.
  constexpr int half_input() { return d_.post_norm ? -1 : normed(); }
  /// Where a linear leaves its output; {0, 0}: in DRAM.
  static constexpr Grid place_of(const Linear& l) { return l.in_l1() ? l.grid() : Grid{0, 0}; }
  constexpr int place_output(const Linear& l) { return l.in_l1() ? l1_.place(l.output_bytes()) : -1; }
  /// A copy of a linear's input on its own grid, unless it lies there already.
  constexpr int moved(const Linear& l, Grid from) {
    return !l.in_l1() || same(l.grid(), from) ? -1 : l1_.place(l.input_bytes());
  }
  /// Runs a linear; returns its output.
  constexpr int run(Linear& l, Grid from) {
    const int in = moved(l, from), out = place_output(l);
    note(l.tensors);
    l1_.free(in);
    return out;
  }
  /// Sums a linear's output over the chips; returns the sum in its place.
  constexpr int summed(const Linear& l, int y, bool& first) {
    const int flat = l.in_l1() ? l1_.place(l1_tiles(chip_, tile_side, l.shape.n, l.shape.out)) : -1;
    const int scattered = place_output(l);
    for (int i = 0; first && i < 4; ++i) l1_.place(16);  // semaphores
    note(p_.sum);
    l1_.free(flat);
    const int gathered = place_output(l);
    for (int i = 0; first && i < 2; ++i) l1_.place(16);
    note(p_.sum);
    l1_.free(scattered);
    first = false;
    const int back = same(place_of(l), p_.residual) ? -1 : l1_.place(residual());
    l1_.free(y);
    if (back < 0) return gathered;
    l1_.free(gathered);
    return back;
  }
  /// Adds a linear's output to the residual stream.
  constexpr void add(const Linear& l, int y, bool sums, bool& first) {
    if (sums) {
      y = summed(l, y, first);
    } else if (!same(place_of(l), p_.residual)) {
      const int back = l1_.place(residual());
      l1_.free(y);
      y = back;
    }
    const int next = l1_.place(residual());
    l1_.free(x_), l1_.free(y);
    x_ = next;
    if (!d_.post_norm) return;
    const int h = normed();
    l1_.free(x_);
    x_ = h;
  }

  constexpr void attention_block() {
    const int h = half_input();
    const int fused = run(p_.qkv, p_.residual);
    l1_.free(h);
    int flat = l1_.place(l1_tiles(chip_, tile_side, p_.qkv.shape.n, DType::bf16));
    l1_.free(fused);
    if (d_.qkv_bias) {
      const int sum = l1_.place(l1_tiles(chip_, tile_side, p_.qkv.shape.n, DType::bf16));
      l1_.free(flat);
      flat = sum;
    }
    int q = l1_.place(heads(a_.heads)), k = l1_.place(heads(a_.kv_heads));
    const int v = l1_.place(heads(a_.kv_heads));
    l1_.free(flat);
    if (d_.qk_norm) {
      const int normed_q = head_normed(a_.heads), normed_k = head_normed(a_.kv_heads);
      l1_.free(q), l1_.free(k);
      q = normed_q, k = normed_k;
    }
    int cos = -1, sin = -1, turn = -1;
    if (d_.rotary) {
      cos = l1_.place(heads(1)), sin = l1_.place(heads(1)), turn = l1_.place(tile_bytes(DType::bf16));
      const int turned_q = l1_.place(heads(a_.heads));
      l1_.free(q);
      const int turned_k = l1_.place(heads(a_.kv_heads));
      l1_.free(k);
      q = turned_q, k = turned_k;
    }
    note(p_.cache_update);
    l1_.free(k), l1_.free(v);
    note(p_.attention);
    l1_.free(q), l1_.free(cos), l1_.free(sin), l1_.free(turn);
    const int apart = l1_.place(heads(a_.heads));
    const int joined = l1_.place(heads(1));  // one head on each core
    l1_.free(apart);
    const int y = run(p_.o, rectangle(a_.heads));
    l1_.free(joined);
    add(p_.o, y, d_.sums_attention(), first_o_);
  }
  /// Queries or keys behind a norm over each head, which takes no shards by session: spread over all cores and back.
  constexpr int head_normed(int count) {
    const std::int64_t spread = l1_tiles(chip_, std::int64_t{d_.batch} * tiles(count) * tile_side, d_.head_dim, DType::bf16);
    const int in = l1_.place(spread), out = l1_.place(spread);
    l1_.free(in);
    const int back = l1_.place(heads(count));
    l1_.free(out);
    return back;
  }
  constexpr void feed_forward() {
    const int h = half_input();
    const int gate = run(p_.gate_up, p_.residual), up = d_.gated ? run(p_.gate_up, p_.residual) : -1;
    l1_.free(h);
    const int product = p_.gate_up.in_l1() ? l1_.place(p_.gate_up.program.per_core_n * std::int64_t{tile_bytes(down_input(d_))}) : -1;
    l1_.free(gate), l1_.free(up);
    const int y = run(p_.down, place_of(p_.gate_up));
    l1_.free(product);
    add(p_.down, y, d_.sums_ffn(), first_down_);
  }

  ChipFacts chip_;
  DecoderShape d_;
  AttentionShape a_;
  DecodePrograms& p_;
  L1Heap l1_;
  int x_ = 0;
  bool first_o_ = true, first_down_ = true;
};

/// Linears of a layer, in this order, that take their rows from DRAM and leave them there.
struct FromDram {
  bool qkv = false, o = false, gate_up = false, down = false;
};
/// The programs of a decode step, with narrower in0 blocks where L1 asks for them: the reference modules' DRAM-sharded ones,
/// and for `from_dram` 1D multicast over 8 by 8 cores, which takes any number of tiles.
[[nodiscard]] constexpr DecodePrograms decode_programs(const ChipFacts& chip, const DecoderShape& d, FromDram from_dram) {
  const ChipShare s = share_of(d);
  auto linear = [&](int k, int n, DType in0, WeightGroup group, DType out, bool bias, bool dram = false) {
    const MatmulShape shape{32, k, n, 1, in0, d.weight(group), out, d.fp32_dst(group), true, bias};
    return Linear{shape, dram ? mcast_1d_program(shape, {8, 8}, false) : decode_program(shape)};
  };
  DecodePrograms p;
  p.residual = residual_grid(tiles(d.hidden));
  p.qkv = linear(d.hidden, s.qkv_columns, d.activations, WeightGroup::qkv, DType::bf16, false, from_dram.qkv);
  p.o = linear(s.o_rows, d.hidden, DType::bf16, WeightGroup::o, d.activations, d.o_bias, from_dram.o);
  p.gate_up = linear(d.hidden, s.ffn, d.activations, WeightGroup::gate_up, d.activations, d.mlp_bias, from_dram.gate_up);
  p.down = linear(s.ffn, d.hidden, down_input(d), WeightGroup::down, d.activations, d.mlp_bias, from_dram.down);
  if (d.vocab > 0)
    p.head = linear(d.hidden, head_columns(chip, d.hidden, s.vocab), d.activations, WeightGroup::head, DType::bf16, d.head_bias);
  DecodeStep step(chip, d, p);
  if (!d.encoder) {
    step.layer();
    // The residual stream need not lie where the first layer found it; and sums have left their semaphores.
    if (d.layers > 1 || d.sums_attention() || d.sums_ffn()) step.layer();
  }
  step.head();
  if (d.encoder) p.pinned = 6 * 16 * ((d.sums_attention() ? 1 : 0) + (d.sums_ffn() ? 1 : 0));  // as many semaphores as decoding has
  for (Linear* l : {&p.qkv, &p.o, &p.gate_up, &p.down}) l->program = fitted(chip, l->shape, l->program, l->tensors);
  if (d.vocab > 0) p.head_pieces = static_cast<int>(ceil_div(s.vocab, p.head.shape.n));
  return p;
}

/// A decode step's norms, and the one in front of an encoder's head. layer_norm has fp32 Dst unless told otherwise.
[[nodiscard]] constexpr OpL1 decoded_norm_l1(const DecoderShape& d, const DecodePrograms& p) {
  return {sharded_norm_l1(d.hidden, p.residual, d.activations, d.norm.layer, d.norm).circular_buffers, p.norm};
}

/// Whether the ops that have to do with what linears leave in L1 find room: those that are given it, those beside it, and
/// linears that take their rows from DRAM.
[[nodiscard]] constexpr bool fits_beside_linears(const ChipFacts& chip, const DecoderShape& d, const DecodePrograms& p) {
  if (!fits(chip, decoded_norm_l1(d, p))) return false;
  if ((d.sums_attention() || d.sums_ffn()) && !fits(chip, OpL1{sum_buffers, p.sum})) return false;
  for (const Linear* l : {&p.qkv, &p.o, &p.gate_up, &p.down})
    if (!l->in_l1() && !fits(chip, linear_l1(chip, *l))) return false;
  return true;
}

/// The same with as few linears from DRAM as L1 asks for: a number of tiles that few counts of cores divide makes shards that
/// no core holds.
[[nodiscard]] constexpr DecodePrograms decode_programs(const ChipFacts& chip, const DecoderShape& d) {
  FromDram from;
  for (;;) {
    const DecodePrograms p = decode_programs(chip, d, from);
    if (d.encoder) return p;  // of which only the head runs
    bool changed = false;
    auto leave = [&](const Linear& l, bool& dram) {
      if (dram || fits(chip, linear_l1(chip, l))) return;
      dram = changed = true;
    };
    leave(p.qkv, from.qkv), leave(p.o, from.o), leave(p.gate_up, from.gate_up), leave(p.down, from.down);
    if (changed) continue;
    if (fits_beside_linears(chip, d, p)) return p;
    bool* widest = nullptr;
    std::int64_t most = 0;
    auto consider = [&](const Linear& l, bool& dram) {
      if (!dram && l.output_bytes() > most) most = l.output_bytes(), widest = &dram;
    };
    consider(p.qkv, from.qkv), consider(p.o, from.o), consider(p.gate_up, from.gate_up), consider(p.down, from.down);
    if (widest == nullptr) return p;
    *widest = true;
  }
}

}  // namespace ttt::catalog::ttnn
