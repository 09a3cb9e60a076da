// Whether a decoder fits a chip: DRAM by what fills it, L1 by the op that needs most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ttt/catalog/ttnn/decode_step.hpp>
#include <ttt/catalog/ttnn/decoder.hpp>

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

struct DecoderUse {
  std::int64_t weights = 0, kv = 0,
               prompt = 0;  ///< DRAM bytes of the fullest bank; `prompt` also has the tables
  std::int64_t dram_limit = 0;
  DecoderOp worst = DecoderOp::none;  ///< the op with most L1 in all
  OpL1 l1{};                          ///< what it needs on one core
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

/// DRAM bytes per bank of all weights of one chip. The embedding is a row-major bf16 table whatever its
/// format (TTNN's embedding takes no other), divided over chips by columns; a tied head is stored a second
/// time, in tiles.
[[nodiscard]] constexpr std::int64_t weight_bytes(const ChipFacts& chip, const DecoderShape& d) {
  const ChipShare s = share_of(d);
  auto matrix = [&](int k, int n, WeightGroup g) { return dram_sharded_weight(chip, k, n, d.weight(g)); };
  const std::int64_t norm = dram_rows(chip, tiles(d.hidden), 2 * tile_side);
  const std::int64_t layer = matrix(d.hidden, s.qkv_columns, WeightGroup::qkv) +
                             matrix(s.o_rows, d.hidden, WeightGroup::o) +
                             2 * matrix(d.hidden, s.ffn, WeightGroup::gate_up) +
                             matrix(s.ffn, d.hidden, WeightGroup::down) + 2 * norm;
  const int piece = head_columns(chip, d.hidden, s.vocab);
  std::int64_t head = 0;
  for (int left = s.vocab; left > 0 && piece > 0; left -= piece)
    head += matrix(d.hidden, left < piece ? left : piece, WeightGroup::head);
  return d.layers * layer + norm + head + dram_rows(chip, d.vocab, 2 * ceil_div(d.hidden, d.whole_embedding ? 1 : d.chips));
}

/// DRAM bytes per bank of keys and values of all layers, in pages of `page` positions padded to tiles.
[[nodiscard]] constexpr std::int64_t kv_bytes(const ChipFacts& chip, const DecoderShape& d) {
  const AttentionShape a = share_of(d).attention;
  const std::int64_t pages = d.batch * ceil_div(d.context, d.page);
  return 2 * d.layers * dram_tiles(chip, pages * a.kv_heads, d.page, d.head_dim, d.kv);
}

/// DRAM bytes per bank beside weights and cache: rotary tables for decode (rows) and prompt (tiles), page
/// table and positions, and the prompt's largest moment: the gated product, with gate, up, norm and residual
/// still there, or attention, with the fused projection, its three parts and their rotated and narrowed
/// copies.
[[nodiscard]] constexpr std::int64_t prompt_bytes(const ChipFacts& chip, const DecoderShape& d) {
  const ChipShare s = share_of(d);
  auto tensor = [&](std::int64_t columns, DType t) { return dram_tiles(chip, 1, d.chunk, columns, t); };
  std::int64_t bytes = 2 * dram_rows(chip, d.context, 2 * d.head_dim) +
                       2 * dram_tiles(chip, 1, d.context, d.head_dim, DType::bf16) +
                       dram_rows(chip, d.batch, 4 * ceil_div(d.context, d.page)) + stick(chip, d.batch);
  const std::int64_t residual = 2 * tensor(d.hidden, d.activations);
  const std::int64_t ffn = 2 * tensor(s.ffn, d.activations) + tensor(s.ffn, product_format);
  const std::int64_t attention = 3 * tensor(s.qkv_columns, d.activations);
  return bytes + residual + (ffn > attention ? ffn : attention) + dram_margin;
}

[[nodiscard]] constexpr DecoderUse decoder_use(const ChipFacts& chip, const DecoderShape& d) {
  DecoderUse use;
  use.dram_limit = chip.dram_bank_bytes;
  use.l1_limit = chip.l1_bank_bytes;
  use.formats_exist = is_tile_format(d.kv) && is_tile_format(d.activations);
  for (std::size_t g = 0; g < d.weights.size(); ++g)
    use.formats_exist &=
        g == static_cast<std::size_t>(WeightGroup::embedding) || is_tile_format(d.weights[g]);
  if (!use.formats_exist) return use;
  use.weights = weight_bytes(chip, d);
  use.kv = kv_bytes(chip, d);
  use.prompt = prompt_bytes(chip, d);

  auto consider = [&](DecoderOp op, OpL1 l1) {
    if (l1.total() > use.l1.total()) use.worst = op, use.l1 = l1;
  };
  const AttentionShape a = share_of(d).attention;
  const DecodePrograms p = decode_programs(chip, d);
  auto with = [](const OpL1& l1, std::int64_t tensors) { return OpL1{l1.circular_buffers, tensors}; };
  consider(DecoderOp::norm, with(sharded_norm_l1(d.hidden, p.residual, d.activations, false), p.norm));
  consider(DecoderOp::qkv, linear_l1(chip, p.qkv));
  consider(DecoderOp::attention, with(attention_decode_l1(chip, a, false), p.attention));
  consider(DecoderOp::cache_update, with(cache_update_l1(chip, a), p.cache_update));
  consider(DecoderOp::o, linear_l1(chip, p.o));
  consider(DecoderOp::gate_up, linear_l1(chip, p.gate_up));
  consider(DecoderOp::down, linear_l1(chip, p.down));
  if (d.vocab > 0) consider(DecoderOp::head, linear_l1(chip, p.head));
  if (d.sums_attention() || d.sums_ffn()) consider(DecoderOp::sum, {sum_buffers, p.sum});
  if (d.chunk <= 0) return use;
  const PromptPrograms q = prompt_programs(chip, d, p.pinned);
  auto prompt = [&](DecoderOp op, OpL1 l1) { consider(op, with(l1, p.pinned)); };
  prompt(DecoderOp::prompt_norm,
         interleaved_norm_l1(chip, d.hidden, d.activations, q.norm_fp32_dst, q.norm_weights_in_tiles));
  consider(DecoderOp::prompt_qkv, linear_l1(chip, q.qkv));
  prompt(DecoderOp::prompt_attention,
         attention_prefill_l1(chip, a, d.chunk, product_format, q.attention_chunk));
  prompt(DecoderOp::prompt_concat_heads, concat_heads_l1(a, product_format));
  consider(DecoderOp::prompt_o, linear_l1(chip, q.o));
  consider(DecoderOp::prompt_gate_up, linear_l1(chip, q.gate_up));
  consider(DecoderOp::prompt_down, linear_l1(chip, q.down));
  return use;
}

}  // namespace ttt::catalog::ttnn
