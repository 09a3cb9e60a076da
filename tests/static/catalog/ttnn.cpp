// TTNN's memory needs: figures that its mock devices showed (TTNN 0.81.1), and the verdicts that follow. The
// whole comparison is tests/ttnn_mock.py's.
#include <ttt/catalog/ttnn/decoder_use.hpp>

using namespace ttt;
using namespace ttt::catalog::ttnn;

// Tiles: numbers and shared exponents.
static_assert(tile_bytes(DType::bf16) == 2048 && tile_bytes(DType::bfloat8_b) == 1088 &&
              tile_bytes(DType::bfloat4_b) == 576);
static_assert(!is_tile_format(DType::int8));

// A weight of Llama-3.1-8B's gate: twelve shards of 38 tile columns, padding included.
static_assert(dram_sharded_weight(wormhole, 4096, 14336, DType::bfloat8_b) == 128 * 38 * 1088);

// Its gate in decode: 8,192 + 248,064 + 81,920 bytes of circular buffers, 4,096 + 14,336 of shards.
constexpr MatmulShape gate{32, 4096, 14336};
static_assert(decode_program(gate).cores() == 64 && decode_program(gate).in0_block_w == 2);
static_assert(matmul_l1(wormhole, gate, decode_program(gate)).circular_buffers == 338'176);
static_assert(matmul_l1(wormhole, gate, decode_program(gate)).tensors == 18'432);

// 2D multicast [512, 2048] x [2048, 2048]: partial sums apart from the output where formats differ.
constexpr OpL1 prompt_linear(DType out, bool fp32_dst, bool l1_acc) {
  const MatmulShape s{512, 2048, 2048, 1, DType::bf16, DType::bfloat8_b, out, fp32_dst, l1_acc};
  return matmul_l1(wormhole, s, prefill_program(s));
}
static_assert(prompt_linear(DType::bf16, false, true).total() == 65'536 + 139'264 + 32'768);
static_assert(prompt_linear(DType::bfloat8_b, false, true).total() == 65'536 + 139'264 + 17'408 + 32'768);
static_assert(prompt_linear(DType::bfloat8_b, false, false).total() == 65'536 + 139'264 + 17'408);
static_assert(prompt_linear(DType::bf16, true, true).total() == 65'536 + 139'264 + 32'768 + 65'536);

// Norms: interleaved ones bind from 5,120 on with fp32 Dst and row-major weights, and not with weights in
// tiles.
static_assert(interleaved_norm_l1(wormhole, 4096, DType::bf16, true, false).total() == 1'146'880);
static_assert(!fits(wormhole, interleaved_norm_l1(wormhole, 5120, DType::bf16, true, false)));
static_assert(interleaved_norm_l1(wormhole, 5120, DType::bf16, true, true).total() == 446'464);
static_assert(sharded_norm_l1(4096, {8, 4}, DType::bf16, false).circular_buffers == 61'440);

// Attention with 32 heads over 8 of 128.
constexpr AttentionShape heads{32, 8, 128, 32, 2048, 32};
static_assert(attention_prefill_l1(wormhole, heads, 2048, DType::bfloat8_b, 256).total() == 759'808);
static_assert(attention_decode_l1(wormhole, heads, false).circular_buffers == 258'560);
static_assert(cache_update_l1(wormhole, heads).circular_buffers == 185'088);

// TTNN's allocator takes the highest gap, and what is freed above a tensor is no room for circular buffers.
constexpr bool heap_places() {
  L1Heap l1;
  const int a = l1.place(4096);
  l1.place(2048);
  l1.free(a);
  if (l1.depth() != 6144) return false;
  l1.place(4097);  // does not fit into the gap
  if (l1.depth() != 6144 + 4112) return false;
  l1.place(4096);  // does
  return l1.depth() == 6144 + 4112;
}
static_assert(heap_places());

// Whole models. Llama-3.1-8B on an n150: with bf16 weights DRAM is too small, with bfloat8_b it fits.
constexpr DecoderShape llama_8b{4096, 32, 8, 128, 14336, 128256, 32, 1, 2048, 2048};
static_assert(decoder_use(wormhole, llama_8b).fits());
static_assert(decoder_use(wormhole, llama_8b).worst == DecoderOp::prompt_norm);
constexpr DecoderShape in_bf16(DecoderShape d) {
  d.weights.fill(DType::bf16);
  return d;
}
static_assert(!decoder_use(wormhole, in_bf16(llama_8b)).fits_dram() &&
              decoder_use(wormhole, in_bf16(llama_8b)).fits_l1());
static_assert(decoder_use(blackhole, in_bf16(llama_8b)).fits());

// Llama-3.1-70B over a T3000's eight chips, for 32 sessions.
constexpr DecoderShape llama_70b{8192, 64, 8, 128, 28672, 128256, 80, 32, 1024, 1024, 8};
static_assert(decoder_use(wormhole, llama_70b).fits());

// An ffn whose tiles share no divisor with hidden's: one core would hold all of gate and up, for which L1 is too
// small, so they decode from DRAM. Attention's products stay where they are.
constexpr DecoderShape wide{4096, 32, 8, 128, 8160, 32000, 1, 1, 1024};
static_assert(decoder_use(wormhole, wide).fits());
constexpr DecodePrograms of_wide = decode_programs(wormhole, wide);
static_assert(of_wide.qkv.in_l1() && of_wide.o.in_l1() && !of_wide.gate_up.in_l1());
static_assert(of_wide.gate_up.program.kind == MatmulKind::mcast_1d && of_wide.gate_up.program.per_core_n == 4);
// A row of 157 tiles has no grid of cores at all: norms need all of it on one.
constexpr DecoderShape odd{5024, 40, 8, 128, 25120, 32000, 2, 1, 1024};
static_assert(!decoder_use(wormhole, odd).fits_l1() && decoder_use(wormhole, odd).worst == DecoderOp::norm);

// A format that TTNN has not.
constexpr DecoderShape in_int8(DecoderShape d) {
  d.kv = DType::int8;
  return d;
}
static_assert(!decoder_use(wormhole, in_int8(llama_8b)).formats_exist &&
              !decoder_use(wormhole, in_int8(llama_8b)).fits());
