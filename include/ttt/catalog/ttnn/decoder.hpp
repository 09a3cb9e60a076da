// A decoder or an encoder on one chip: the programs of its ops, as the reference modules choose them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ttt/catalog/ttnn/attention.hpp>
#include <ttt/catalog/ttnn/matmul.hpp>
#include <ttt/catalog/ttnn/norm.hpp>
#include <ttt/catalog/ttnn/tile.hpp>
#include <ttt/policy/hardware_config.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt::catalog::ttnn {

/// A decoder, llama-like unless it says otherwise, or an encoder, in whole-model numbers; what one chip of `chips` holds is divided here (heads,
/// key-value heads, ffn and vocabulary by column; o and down by row), but for what is whole on each. Where
/// something does not divide, the share is rounded up; whether it may is another rule's business. All formats
/// are given, none automatic.
struct DecoderShape {
  int hidden = 0, heads = 0, kv_heads = 0, head_dim = 0, ffn = 0, vocab = 0, layers = 1;
  int batch = 1;    ///< sessions of a decode step, at most 32: one row of tiles
  int context = 0;  ///< positions of a session, or of an encoder's sequence
  int chunk = 0;    ///< prompt tokens of a step; 0: no prompt is planned. An encoder's: of sequences in whole tiles
  int chips = 1;    ///< width of tensor parallelism
  bool whole_attention = false, whole_ffn = false, whole_head = false, whole_embedding = false;  ///< on each chip
  int page = 32;    ///< positions of a KV page
  std::array<DType, weight_group_count> weights{DType::bfloat8_b, DType::bfloat8_b, DType::bfloat8_b,
                                                DType::bfloat8_b, DType::bf16,      DType::bfloat8_b};
  DType kv = DType::bfloat8_b;
  DType activations = DType::bf16;
  /// fp32 Dst of the linears around attention, of the feed-forward network's and of the head; norms and prompt
  /// attention have theirs from the reference modules.
  bool fp32_attention = false, fp32_mlp = false, fp32_head = false;
  bool gated = true;      ///< gate and up, else one product and an activation
  bool qkv_bias = false;  ///< of the fused projection: a row of tiles, added apart
  bool qk_norm = false;   ///< norms over each head of queries and keys
  bool o_bias = false, mlp_bias = false, head_bias = false;  ///< added by the linears themselves
  NormForm norm{};
  bool post_norm = false;  ///< norms behind the halves and the residual sum, not in front
  bool rotary = true;
  bool encoder = false;    ///< whole sequences in one pass: no cache, no decoding
  int positions = 0, token_types = 0;  ///< rows of tables that are added to the embedding
  bool embedding_norm = false;

  [[nodiscard]] constexpr DType weight(WeightGroup g) const { return weights[static_cast<std::size_t>(g)]; }
  [[nodiscard]] constexpr bool fp32_dst(WeightGroup g) const {
    if (g == WeightGroup::qkv || g == WeightGroup::o) return fp32_attention;
    return g == WeightGroup::head ? fp32_head : fp32_mlp;
  }
  /// Positions of an encoder's sequence as it is kept, and sequences of a pass.
  [[nodiscard]] constexpr int sequence() const { return tiles(context) * tile_side; }
  [[nodiscard]] constexpr int sequences() const { return context > 0 ? chunk / sequence() : 0; }
  /// Whether a mask has to say where sequences end: several are of different lengths, one may not fill its tiles.
  [[nodiscard]] constexpr bool masked() const { return encoder && (sequences() > 1 || context % tile_side != 0); }
  /// Whether o's or down's outputs are sums over the chips.
  [[nodiscard]] constexpr bool sums_attention() const { return chips > 1 && !whole_attention; }
  [[nodiscard]] constexpr bool sums_ffn() const { return chips > 1 && !whole_ffn; }
};

/// Format of the gated product and, in a prompt, of queries and attention's output, whatever `activations`
/// is.
inline constexpr DType product_format = DType::bfloat8_b;

/// Format of what goes into the down product.
[[nodiscard]] constexpr DType down_input(const DecoderShape& d) { return d.gated ? product_format : d.activations; }

/// What one chip computes of each group of matrices.
struct ChipShare {
  AttentionShape attention{};
  int qkv_columns = 0, o_rows = 0, ffn = 0, vocab = 0;
};
[[nodiscard]] constexpr ChipShare share_of(const DecoderShape& d) {
  auto part = [&](int n, bool whole) { return whole ? n : static_cast<int>(ceil_div(n, d.chips)); };
  const bool all = d.whole_attention;
  ChipShare s;
  s.attention = {part(d.heads, all), part(d.kv_heads, all), d.head_dim, d.batch, d.context, d.page, d.kv};
  s.qkv_columns = d.head_dim * (s.attention.heads + 2 * s.attention.kv_heads);
  s.o_rows = d.head_dim * s.attention.heads;
  s.ffn = tiles(part(d.ffn, d.whole_ffn)) * tile_side;
  s.vocab = tiles(part(d.vocab, d.whole_head)) * tile_side;
  return s;
}

/// One linear: its shape and the program it runs with.
struct Linear {
  MatmulShape shape{};
  MatmulProgram program{};
  std::int64_t tensors = 0;  ///< L1 from its top to the lowest tensor while the linear runs

  [[nodiscard]] constexpr Grid grid() const { return {program.grid_x, program.grid_y}; }
  /// Where the rows of a decode step lie: spread over the L1 of grid(); else they and the weight are interleaved in DRAM.
  [[nodiscard]] constexpr bool in_l1() const { return program.in0_in_l1; }
  [[nodiscard]] constexpr std::int64_t input_bytes() const {  ///< one core's shard, where the input is in L1
    return ceil_div(tiles(shape.k), grid().cores()) * tile_bytes(shape.in0);
  }
  [[nodiscard]] constexpr std::int64_t output_bytes() const {
    return std::int64_t{program.per_core_n} * tile_bytes(shape.out);
  }
};
[[nodiscard]] constexpr OpL1 linear_l1(const ChipFacts& chip, const Linear& l) {
  return {matmul_l1(chip, l.shape, l.program).circular_buffers, l.tensors};
}

/// A decode step: the residual stream is width-sharded over `residual`; each linear takes its input resharded
/// to its own grid, or from DRAM where no grid's shards fit. tests/ttnn/mock_server.py spells the step out as TTNN calls.
struct DecodePrograms {
  Grid residual{};
  Linear qkv{}, o{}, gate_up{}, down{}, head{};
  /// The vocabulary is cut into so many linears of head.shape.n columns, the last narrower.
  int head_pieces = 1;
  /// L1 from its top to the lowest tensor while the other ops run: norms, attention, cache update, sums over
  /// chips.
  std::int64_t norm = 0, attention = 0, cache_update = 0, sum = 0;
  std::int64_t pinned = 0;  ///< the same between steps: semaphores of several chips' sums stay
};
/// A prompt step: everything in DRAM, cut into pieces of `rows` for the linears.
struct PromptPrograms {
  Linear qkv{}, o{}, gate_up{}, down{};
  int attention_chunk = 64;  ///< of queries and of keys
  bool norm_fp32_dst = true;
  bool norm_weights_in_tiles = false;  ///< else row-major, as the reference modules have them
};

/// Columns of one piece of the head: 668 per core on Wormhole and 16,032 on Blackhole, the reference modules'
/// limits.
[[nodiscard]] constexpr int head_columns(const ChipFacts& chip, int hidden, int vocab) {
  const int limit =
      chip.dram_banks != wormhole.dram_banks ? 16'032 : 668 * common_grid(tiles(hidden), 0).cores();
  const int whole = tiles(vocab) * tile_side;
  return whole < limit ? whole : limit / tile_side * tile_side;
}

/// Whether a prompt's norm is too wide for row-major weights; `pinned`: what decode steps leave in L1.
[[nodiscard]] constexpr bool norm_needs_tiles(const ChipFacts& chip, const DecoderShape& d, std::int64_t pinned) {
  OpL1 norm = interleaved_norm_l1(chip, d.hidden, d.activations, PromptPrograms{}.norm_fp32_dst, false, d.norm);
  norm.tensors += pinned;
  return !fits(chip, norm);
}

/// The same before the programs are known: with several chips as much as a fourth of L1 is taken to be pinned, so that their
/// DRAM is not counted too low.
[[nodiscard]] constexpr bool norm_may_need_tiles(const ChipFacts& chip, const DecoderShape& d) {
  return norm_needs_tiles(chip, d, d.chips > 1 ? chip.l1_bank_bytes / 4 : 0);
}

/// Rows of one piece of a prompt's linears, at most `most`: a decoder's prompts come in chunks that these divide, of an
/// encoder's sequences it is as many whole tiles as divide them.
[[nodiscard]] constexpr int piece_rows(int rows, int most, bool encoder) {
  if (rows <= most) return rows;
  return encoder && rows % tile_side == 0 ? largest_divisor(rows / tile_side, most / tile_side) * tile_side : most;
}

/// `pinned`: what decode steps leave in L1, DecodePrograms::pinned.
[[nodiscard]] constexpr PromptPrograms prompt_programs(const ChipFacts& chip, const DecoderShape& d,
                                                       std::int64_t pinned) {
  const ChipShare s = share_of(d);
  auto linear = [&](int k, int n, DType in0, WeightGroup group, DType out, bool bias) {
    Linear l;
    for (int rows = piece_rows(d.chunk, chip.prefill_rows, d.encoder); rows > 0;
         rows = d.encoder ? piece_rows(d.chunk, rows / 2, true) : rows / 2) {
      l.shape = {rows, k,          n,   static_cast<int>(ceil_div(d.chunk, rows)), in0, d.weight(group),
                 out,  d.fp32_dst(group), true, bias};
      l.program = fitted(chip, l.shape, prefill_program(l.shape), pinned);
      l.tensors = pinned;
      if (l.program.per_core_m <= 1 || (!d.encoder && rows % 2) || fits(chip, linear_l1(chip, l))) break;
    }
    return l;
  };
  PromptPrograms p;
  p.qkv = linear(d.hidden, s.qkv_columns, d.activations, WeightGroup::qkv, d.activations, false);
  p.o = linear(s.o_rows, d.hidden, product_format, WeightGroup::o, d.activations, d.o_bias);
  p.gate_up = linear(d.hidden, s.ffn, d.activations, WeightGroup::gate_up, d.activations, d.mlp_bias);
  p.down = linear(s.ffn, d.hidden, down_input(d), WeightGroup::down, d.activations, d.mlp_bias);
  p.attention_chunk = attention_chunk(d.encoder ? d.context : d.chunk);
  p.norm_weights_in_tiles = norm_needs_tiles(chip, d, pinned);
  return p;
}

}  // namespace ttt::catalog::ttnn
