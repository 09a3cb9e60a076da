// Reads cases, one a line, and prints what ttt::catalog::ttnn says of each as a line of JSON.
// tests/ttnn_mock.py compiles it and lays the verdicts beside those of TTNN itself.
#include <ttt/catalog/ttnn/decoder_use.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

using namespace ttt;
using namespace ttt::catalog::ttnn;

namespace {

struct Words {
  std::vector<std::string> all;
  std::size_t next = 0;
  std::string_view text() { return next < all.size() ? std::string_view(all[next++]) : std::string_view(); }
  int number() { return static_cast<int>(std::strtol(std::string(text()).c_str(), nullptr, 10)); }
  DType format() {
    const std::string_view t = text();
    for (DType d : {DType::fp32, DType::bf16, DType::bfloat8_b, DType::bfloat4_b})
      if (name_of(d) == t) return d;
    return DType::automatic;
  }
};

Words words_of(const char* line) {
  Words w;
  std::string word;
  for (const char* c = line;; ++c) {
    if (*c != ' ' && *c != '\n' && *c != 0) {
      word += *c;
      continue;
    }
    if (!word.empty()) w.all.push_back(word);
    word.clear();
    if (*c == 0) return w;
  }
}

void print_use(const ChipFacts& chip, const OpL1& use) {
  std::printf("\"fits\":%s,\"cb\":%lld,\"tensors\":%lld,\"limit\":%lld", fits(chip, use) ? "true" : "false",
              static_cast<long long>(use.circular_buffers), static_cast<long long>(use.tensors),
              static_cast<long long>(chip.l1_bank_bytes));
}
std::string quoted(DType t) { return '"' + std::string(name_of(t)) + '"'; }
void print_linear(const char* name, const MatmulShape& s, const MatmulProgram& p) {
  std::printf(
      "\"%s\":{\"m\":%d,\"k\":%d,\"n\":%d,\"pieces\":%d,\"in0\":%s,\"in1\":%s,\"out\":%s,\"fp32\":%d,\"l1_"
      "acc\":%d,"
      "\"kind\":%d,\"grid\":[%d,%d],\"in0_block_w\":%d,\"per_core\":[%d,%d],\"subblock\":[%d,%d],\"in_l1\":%"
      "d,\"bias\":%d}",
      name, s.m, s.k, s.n, s.pieces, quoted(s.in0).c_str(), quoted(s.in1).c_str(), quoted(s.out).c_str(),
      s.fp32_dst, s.packer_l1_acc, static_cast<int>(p.kind), p.grid_x, p.grid_y, p.in0_block_w, p.per_core_m,
      p.per_core_n, p.out_subblock_h, p.out_subblock_w, p.in0_in_l1, s.bias);
}

/// matmul KIND m k n pieces in0 in1 out fp32 l1_acc in0_block_w(0: the reference's) bias
void matmul(const ChipFacts& chip, Words& w) {
  const std::string_view kind = w.text();
  MatmulShape s;
  s.m = w.number(), s.k = w.number(), s.n = w.number(), s.pieces = w.number();
  s.in0 = w.format(), s.in1 = w.format(), s.out = w.format();
  s.fp32_dst = w.number(), s.packer_l1_acc = w.number();
  MatmulProgram p = kind == "dram_sharded"  ? decode_program(s)
                    : kind == "mcast_2d"    ? prefill_program(s)
                    : kind == "mcast_1d_l1" ? mcast_1d_program(s, common_grid(tiles(s.k), 0), true)
                                            : mcast_1d_program(s, {8, 8}, false);
  if (const int width = w.number(); width > 0) p.in0_block_w = width;
  s.bias = w.number() != 0;
  print_use(chip, matmul_l1(chip, s, p));
  std::printf(",");
  print_linear("linear", s, p);
}

/// decoder hidden heads kv_heads head_dim ffn vocab layers batch context chunk chips page, six weight
/// formats, kv, activations, fp32; then words for what is not as in a llama
void decoder(const ChipFacts& chip, Words& w) {
  DecoderShape d;
  for (int* field : {&d.hidden, &d.heads, &d.kv_heads, &d.head_dim, &d.ffn, &d.vocab, &d.layers, &d.batch,
                     &d.context, &d.chunk, &d.chips, &d.page})
    *field = w.number();
  for (DType& t : d.weights) t = w.format();
  d.kv = w.format(), d.activations = w.format();
  d.fp32_attention = d.fp32_mlp = d.fp32_head = w.number() != 0;
  for (std::string_view word = w.text(); !word.empty(); word = w.text()) {
    if (word == "plain") d.gated = false;
    if (word == "qkv_bias") d.qkv_bias = true;
    if (word == "o_bias") d.o_bias = true;
    if (word == "mlp_bias") d.mlp_bias = true;
    if (word == "head_bias") d.head_bias = true;
    if (word == "layer_norm") d.norm = {true, true};
    if (word == "post_norm") d.post_norm = true;
    if (word == "no_rotary") d.rotary = false;
    if (word == "encoder") d.encoder = true;
    if (word == "embedding_norm") d.embedding_norm = true;
    if (word == "positions") d.positions = w.number();
    if (word == "token_types") d.token_types = w.number();
  }
  const DecoderUse use = decoder_use(chip, d);
  const ChipShare s = share_of(d);
  std::printf("\"dram\":[%lld,%lld,%lld],\"dram_limit\":%lld,\"fits_l1\":%d,\"fits_dram\":%d,\"worst\":%d,",
              static_cast<long long>(use.weights), static_cast<long long>(use.kv),
              static_cast<long long>(use.prompt), static_cast<long long>(use.dram_limit), use.fits_l1(),
              use.fits_dram(), static_cast<int>(use.worst));
  std::printf("\"fits\":%s,\"cb\":%lld,\"tensors\":%lld,\"limit\":%lld,", use.fits() ? "true" : "false",
              static_cast<long long>(use.l1.circular_buffers), static_cast<long long>(use.l1.tensors),
              static_cast<long long>(use.l1_limit));
  std::printf("\"heads\":%d,\"kv_heads\":%d,\"vocab\":%d,", s.attention.heads, s.attention.kv_heads, s.vocab);
  const DecodePrograms p = decode_programs(chip, d);
  std::printf("\"residual\":[%d,%d],\"decode\":{", p.residual.x, p.residual.y);
  print_linear("qkv", p.qkv.shape, p.qkv.program), std::printf(",");
  print_linear("o", p.o.shape, p.o.program), std::printf(",");
  print_linear("gate_up", p.gate_up.shape, p.gate_up.program), std::printf(",");
  print_linear("down", p.down.shape, p.down.program), std::printf(",");
  print_linear("head", p.head.shape, p.head.program), std::printf("}");
  if (d.chunk <= 0) return;
  const PromptPrograms q = prompt_programs(chip, d, p.pinned);
  std::printf(",\"attention_chunk\":%d,\"norm_tiles\":%d,\"prompt\":{", q.attention_chunk,
              q.norm_weights_in_tiles);
  print_linear("qkv", q.qkv.shape, q.qkv.program), std::printf(",");
  print_linear("o", q.o.shape, q.o.program), std::printf(",");
  print_linear("gate_up", q.gate_up.shape, q.gate_up.program), std::printf(",");
  print_linear("down", q.down.shape, q.down.program), std::printf("}");
}

/// Attention's shape: heads kv_heads head_dim batch context page kv
AttentionShape attention(Words& w) {
  AttentionShape a;
  a.heads = w.number(), a.kv_heads = w.number(), a.head_dim = w.number(), a.batch = w.number();
  a.context = w.number(), a.page = w.number(), a.kv = w.format();
  return a;
}

void answer(const ChipFacts& chip, Words& w) {
  const std::string_view op = w.text();
  if (op == "matmul") return matmul(chip, w);
  if (op == "decoder") return decoder(chip, w);
  if (op == "norm") {  // hidden activations fp32 weights_in_tiles layer bias
    const int hidden = w.number();
    const DType t = w.format();
    const bool fp32 = w.number() != 0, in_tiles = w.number() != 0, layer = w.number() != 0;
    return print_use(chip, interleaved_norm_l1(chip, hidden, t, fp32, in_tiles, {layer, w.number() != 0}));
  }
  if (op == "sharded_norm") {  // hidden cores fp32 layer bias
    const int hidden = w.number();
    const Grid grid = rectangle(w.number());
    const bool fp32 = w.number() != 0, layer = w.number() != 0;
    return print_use(chip, sharded_norm_l1(hidden, grid, DType::bf16, fp32, {layer, w.number() != 0}));
  }
  const AttentionShape a = attention(w);
  if (op == "prompt_attention") {  // attention's, tokens chunk activations
    const int tokens = w.number(), chunk = w.number();
    return print_use(chip, attention_prefill_l1(chip, a, tokens, w.format(), chunk));
  }
  if (op == "encoder_attention") {  // attention's, tokens chunk activations masked
    const int tokens = w.number(), chunk = w.number();
    const DType t = w.format();
    return print_use(chip, attention_encoder_l1(a, tokens, t, chunk, w.number() != 0));
  }
  if (op == "attention")
    return print_use(chip, attention_decode_l1(chip, a, w.number() != 0));     // attention's, fp32
  if (op == "cache_update") return print_use(chip, cache_update_l1(chip, a));  // attention's
  if (op == "concat_heads")
    return print_use(chip, concat_heads_l1(a, w.format()));  // attention's, activations
  std::printf("\"error\":\"no such op\"");
}

}  // namespace

int main() {
  char line[1024];
  while (std::fgets(line, sizeof line, stdin)) {
    Words w = words_of(line);
    const ChipFacts& chip = w.text() == "p150" ? blackhole : wormhole;
    std::printf("{");
    answer(chip, w);
    std::printf("}\n");
    std::fflush(stdout);
  }
}
