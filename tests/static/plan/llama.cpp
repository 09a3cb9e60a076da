// The plan of Llama-3.2-1B, every number worked out by hand.
#include <ttt/model.hpp>

using namespace ttt;

constexpr auto llama =
    Embedding<128256, 2048>
    >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64, RopeLlama3<500'000>>, SwiGlu<8192>>>
    >> RmsNorm<2048>
    >> Linear<2048, 128256, TiedTo<"embedding">>;
static_assert(accepts<llama, cpu, Batch<1>, Context<4096>>);
static_assert(fits<llama, cpu>);

constexpr auto ops = plan_ops<llama, cpu, Context<4096>>;
static_assert(ops.size() == 7, "embed, five of the layer, head: every norm is fused");
constexpr bool op_is(std::size_t i, OpKind kind, int n, int k, int repeat, bool norm) {
  return ops[i].kind == kind && ops[i].n == n && ops[i].k == k && ops[i].repeat == repeat && ops[i].norm == norm;
}
static_assert(op_is(0, OpKind::embed, 2048, 128256, 1, false));
static_assert(op_is(1, OpKind::qkv, 2048 + 2 * 512, 2048, 16, true));
static_assert(op_is(2, OpKind::attention, 2048, 64, 16, false));
static_assert(op_is(3, OpKind::projection, 2048, 2048, 16, false));
static_assert(op_is(4, OpKind::gated, 2 * 8192, 2048, 16, true));
static_assert(op_is(5, OpKind::projection, 2048, 8192, 16, false));
static_assert(op_is(6, OpKind::linear, 128256, 2048, 1, true));
static_assert(ops[6].norm_module == 17 && ops[6].out == Role::logits, "the final norm is fused into the head");
static_assert(ops[0].rope == 0 && ops[1].rope == 0, "cos and sin are made with the embedding's rows");

static_assert(ops[1].flops_per_row == 2.0 * 3072 * 2048);
static_assert(ops[2].flops_per_row == 0 && ops[2].flops_per_row_and_key == 4.0 * 2048);
static_assert(ops[4].flops_per_row == 2.0 * 16384 * 2048);
static_assert(ops[6].flops_per_row == 2.0 * 128256 * 2048);
static_assert(ops[0].weight_bytes == 0 && ops[0].flops_per_row == 0, "rows are read, not the table");
static_assert(ops[1].weight_bytes == 2LL * 3072 * 2048);
static_assert(ops[2].bytes_per_key == 2 * 512 * 2, "keys and values in fp16");

constexpr PlanTotals t = totals<llama, cpu, Context<4096>>;
// bf16 matrices; norms in fp32; the tied table once.
constexpr std::int64_t layer = 2LL * 2048 * (3072 + 2048 + 16384 + 8192) + 2 * 2048 * 4;
static_assert(t.weights == 2LL * 128256 * 2048 + 16 * layer + 2048 * 4);
static_assert(t.weights == 2'471'763'968);
static_assert(t.kv == 16LL * 2 * 8 * 64 * 4096 * 2);
static_assert(staging_bytes(t.weights) == 64 << 20 && t.load_peak == t.weights + staging_bytes(t.weights));
static_assert(t.peak == t.weights + t.kv + t.arena && peak_memory<llama, cpu, Context<4096>> == t.peak);
static_assert(t.flops_per_token == 16 * (2.0 * 2048 * (3072 + 2048 + 16384 + 8192) + 4.0 * 2048 * 2048) +
                                       2.0 * 128256 * 2048);
static_assert(t.weight_bytes_per_step == 16 * (layer - 2 * 2048 * 4) + 2LL * 128256 * 2048);

// Chunks of 256 rows: x, q, attention 2 MiB each, kv 1 MiB, hidden 8 MiB, one row of logits; scratch of the widest
// product (48 rows of 8192). q, kv and attention lie where hidden lies later.
constexpr ArenaLayout a = plan_arena<llama, cpu, Context<4096>>;
static_assert(a.rows == 256 && a.logits_rows == 1);
static_assert(a.bytes_of(Role::x) == 2 << 20 && a.bytes_of(Role::q) == 2 << 20 && a.bytes_of(Role::kv) == 1 << 20);
static_assert(a.bytes_of(Role::attention) == 2 << 20 && a.bytes_of(Role::hidden) == 8 << 20);
static_assert(a.bytes_of(Role::logits) == 128256 * 4 && a.bytes_of(Role::cos_sin) == 256 * 64 * 4);
static_assert(a.bytes_of(Role::scratch) == 48 * 8192 * 4 && a.bytes_of(Role::spare) == 0);
static_assert(a.total == (8 << 20) + (2 << 20) + 48 * 8192 * 4 + 128256 * 4 + 256 * 64 * 4);
static_assert(t.arena == a.total);

// Longer contexts cost KV alone; more sessions cost KV and logits.
static_assert(totals<llama, cpu, Context<8192>>.kv == 2 * t.kv && totals<llama, cpu, Context<8192>>.arena == t.arena);
static_assert(totals<llama, cpu, Context<4096>, Batch<4>>.kv == 4 * t.kv);
static_assert(plan_arena<llama, cpu, Context<4096>, Batch<4>>.bytes_of(Role::logits) == 4 * 128256 * 4);
