// Whether a decoder fits a chip: DRAM by what fills it, L1 by the op that needs most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ttt/catalog/ttnn/decode_step.hpp>
#include <ttt/catalog/ttnn/decoder.hpp>
#include <ttt/catalog/ttnn/prompt_step.hpp>
#include <ttt/catalog/ttnn/weights.hpp>

namespace ttt::catalog::ttnn {

/// The ops that L1 can be too small for; a gate_up is each of gate and up.
enum class DecoderOp : std::uint8_t {
  none,
  norm,
  qkv,
  attention,
  cache_update,
  o,
  gate_up,
  down,
  head,
  prompt_norm,
  prompt_qkv,
  prompt_attention,
  prompt_concat_heads,
  prompt_o,
  prompt_gate_up,
  prompt_down,
  sum
};
/// Whether an op is of a prompt's step, so that fewer tokens a step may help it.
[[nodiscard]] constexpr bool is_of_prompt(DecoderOp op) noexcept { return op >= DecoderOp::prompt_norm && op <= DecoderOp::prompt_down; }

[[nodiscard]] constexpr std::string_view name_of(DecoderOp op) noexcept {
  constexpr std::string_view names[] = {"no op",
                                        "the decoded norm",
                                        "the decoded qkv product",
                                        "decoding attention",
                                        "the cache update",
                                        "the decoded o product",
                                        "the decoded gate or up product",
                                        "the decoded down product",
                                        "the decoded head",
                                        "the prompt's norm",
                                        "the prompt's qkv product",
                                        "the prompt's attention",
                                        "the prompt's joining of heads",
                                        "the prompt's o product",
                                        "the prompt's gate or up product",
                                        "the prompt's down product",
                                        "the sum over the chips"};
  return names[static_cast<std::size_t>(op)];
}

/// The op with most L1 in all, and what it needs on one core.
struct LocalUse {
  DecoderOp worst = DecoderOp::none;
  OpL1 l1{};
};

struct DecoderUse : LocalUse {
  std::int64_t weights = 0, kv = 0,
               prompt = 0;  ///< DRAM bytes of the fullest bank; `prompt` also has the tables and the margin
  std::int64_t dram_limit = 0;
  std::int64_t l1_limit = 0;
  bool formats_exist = true;  ///< false: a format that TTNN does not have; nothing else is meaningful then

  [[nodiscard]] constexpr std::int64_t dram() const { return weights + kv + prompt; }
  [[nodiscard]] constexpr bool fits_dram() const { return dram() <= dram_limit; }
  [[nodiscard]] constexpr bool fits_l1() const { return l1.total() <= l1_limit; }
  [[nodiscard]] constexpr bool fits() const { return formats_exist && fits_dram() && fits_l1(); }
};

/// Programs, kernels' arguments and rounding of a whole model in a bank of DRAM: a margin, see
/// docs/ttnn-memory.md.
inline constexpr std::int64_t dram_margin = 2 << 20;

/// What one chip holds of a layer; `in_tiles`: prompts' norms need their weights in tiles, too.
[[nodiscard]] constexpr HeldLayer held_layer(const DecoderShape& d, bool in_tiles) {
  const ChipShare s = share_of(d);
  HeldLayer l;
  l.qkv = {d.hidden, s.qkv_columns, d.weight(WeightGroup::qkv)};
  l.o = {s.o_rows, d.hidden, d.weight(WeightGroup::o)};
  l.gate_up = {d.hidden, s.ffn, d.weight(WeightGroup::gate_up)};
  l.down = {s.ffn, d.hidden, d.weight(WeightGroup::down)};
  l.gated = d.gated;
  l.qkv_bias = d.qkv_bias, l.o_bias = d.o_bias, l.mlp_bias = d.mlp_bias;
  l.head_norm_width = d.qk_norm ? d.head_dim : 0;
  l.norm_width = d.hidden, l.norm_bias = d.norm.bias;
  l.norms_in_tiles_too = in_tiles;
  return l;
}

/// DRAM bytes per bank of all weights of one chip; `p`: the programs of a decode step. The embedding is a row-major bf16
/// table whatever its format (TTNN's embedding takes no other), divided over chips by columns; a tied head is stored a
/// second time, in tiles.
[[nodiscard]] constexpr std::int64_t weight_bytes(const ChipFacts& chip, const DecoderShape& d, const DecodePrograms& p) {
  const bool in_tiles = d.chunk > 0 && norm_may_need_tiles(chip, d);
  const HeldMatrix head{d.hidden, share_of(d).vocab, d.weight(WeightGroup::head)};
  const std::int64_t row = 2 * ceil_div(d.hidden, d.whole_embedding ? 1 : d.chips);
  const int norms = (d.post_norm ? 0 : 1) + (d.embedding_norm ? 1 : 0);
  std::int64_t bytes = d.layers * layer_bytes(chip, held_layer(d, in_tiles)) + head_bytes(chip, head, p.head.shape.n) +
                       norms * d.norm.vectors() * norm_weight_bytes(chip, d.hidden);
  for (const int rows : {d.vocab, d.positions, d.token_types}) bytes += dram_rows(chip, rows, row);
  return d.head_bias ? bytes + tiled_vector_bytes(chip, head.n) : bytes;
}

/// DRAM bytes per bank of keys and values of all layers, in pages of `page` positions padded to tiles.
[[nodiscard]] constexpr std::int64_t kv_bytes(const ChipFacts& chip, const DecoderShape& d) {
  const AttentionShape a = share_of(d).attention;
  return d.encoder ? 0 : 2 * d.layers * cache_bytes(chip, d.batch * ceil_div(d.context, d.page), a.kv_heads, d.page, d.head_dim, d.kv);
}

/// DRAM bytes per bank of a step beside weights and cache: tables, and a prompt's tensors or a decode step's logits,
/// whichever is more. `head_outputs`: of one chip.
[[nodiscard]] constexpr std::int64_t step_bytes(const ChipFacts& chip, const DecoderShape& d, std::int64_t head_outputs) {
  const std::int64_t prompt = prompt_reach(chip, d);
  const std::int64_t logits = dram_tiles(chip, 1, tile_side, head_outputs, DType::bf16);
  return table_bytes(chip, d) + (prompt > logits ? prompt : logits) + dram_margin;
}

/// Of the ops of a decode step with its programs, and of a prompt's.
[[nodiscard]] constexpr LocalUse local_use(const ChipFacts& chip, const DecoderShape& d, const DecodePrograms& p) {
  LocalUse use;
  auto consider = [&](DecoderOp op, OpL1 l1) {
    if (l1.total() > use.l1.total()) use.worst = op, use.l1 = l1;
  };
  AttentionShape a = share_of(d).attention;
  if (d.encoder) a.batch = d.sequences();
  auto with = [](const OpL1& l1, std::int64_t tensors) { return OpL1{l1.circular_buffers, tensors}; };
  if (!d.encoder || d.vocab > 0) consider(DecoderOp::norm, decoded_norm_l1(d, p));
  if (!d.encoder) {
    consider(DecoderOp::qkv, linear_l1(chip, p.qkv));
    consider(DecoderOp::attention, with(attention_decode_l1(chip, a, false), p.attention));
    consider(DecoderOp::cache_update, with(cache_update_l1(chip, a), p.cache_update));
    consider(DecoderOp::o, linear_l1(chip, p.o));
    consider(DecoderOp::gate_up, linear_l1(chip, p.gate_up));
    consider(DecoderOp::down, linear_l1(chip, p.down));
  }
  if (d.vocab > 0) consider(DecoderOp::head, linear_l1(chip, p.head));
  if (d.sums_attention() || d.sums_ffn()) consider(DecoderOp::sum, {sum_buffers, p.sum});
  if (d.chunk <= 0) return use;
  const PromptPrograms q = prompt_programs(chip, d, p.pinned);
  auto prompt = [&](DecoderOp op, OpL1 l1) { consider(op, with(l1, p.pinned)); };
  prompt(DecoderOp::prompt_norm,
         interleaved_norm_l1(chip, d.hidden, d.activations, q.norm_fp32_dst, q.norm_weights_in_tiles, d.norm));
  consider(DecoderOp::prompt_qkv, linear_l1(chip, q.qkv));
  prompt(DecoderOp::prompt_attention,
         d.encoder ? attention_encoder_l1(a, d.sequence(), product_format, q.attention_chunk, d.masked())
                   : attention_prefill_l1(chip, a, d.chunk, product_format, q.attention_chunk));
  prompt(DecoderOp::prompt_concat_heads, concat_heads_l1(a, product_format));
  consider(DecoderOp::prompt_o, linear_l1(chip, q.o));
  consider(DecoderOp::prompt_gate_up, linear_l1(chip, q.gate_up));
  consider(DecoderOp::prompt_down, linear_l1(chip, q.down));
  return use;
}
[[nodiscard]] constexpr LocalUse local_use(const ChipFacts& chip, const DecoderShape& d) {
  return local_use(chip, d, decode_programs(chip, d));
}

[[nodiscard]] constexpr DecoderUse decoder_use(const ChipFacts& chip, const DecoderShape& d) {
  DecoderUse use;
  use.dram_limit = chip.dram_bank_bytes;
  use.l1_limit = chip.l1_bank_bytes;
  use.formats_exist = is_tile_format(d.kv) && is_tile_format(d.activations);
  for (std::size_t g = 0; g < d.weights.size(); ++g)
    use.formats_exist &= g == static_cast<std::size_t>(WeightGroup::embedding) || is_tile_format(d.weights[g]);
  if (!use.formats_exist) return use;
  const DecodePrograms p = decode_programs(chip, d);
  use.weights = weight_bytes(chip, d, p);
  use.kv = kv_bytes(chip, d);
  use.prompt = step_bytes(chip, d, share_of(d).vocab);
  static_cast<LocalUse&>(use) = local_use(chip, d, p);
  return use;
}

}  // namespace ttt::catalog::ttnn
