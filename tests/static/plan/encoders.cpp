// Encoders: declared as mathematics, planned as what they are: no keys and values kept, a sequence in one pass.
#include <ttt/model.hpp>

using namespace ttt;

constexpr auto minilm = Embedding<30522, 384, LearnedPositions<512>, TokenTypes<2>> >> LayerNorm<384, Eps<1e-12>>
                        >> Repeat<6, TransformerLayer<384, Attention<12, 12, 32, NoRope, QkvBias, OutputBias, Bidirectional>,
                                                      Mlp<1536, Gelu, Bias>, LayerNorms, PostNorm, Eps<1e-12>>>
                        >> Pooler<384>;
constexpr ModelView view = view_of<type_of<minilm>>();
static_assert(view.is_encoder() && view.module_count() == 9);
static_assert(view.module(2).norm.post && view.module(2).attention.bidirectional && view.module(8).linear.pools);

static_assert(fits<minilm, cpu, Context<512>> && fits<minilm, ttnn::wormhole_n150, Context<512>>);
constexpr PlanTotals one = totals<minilm, cpu, Context<512>>;
static_assert(one.kv == 0 && totals<minilm, ttnn::wormhole_n150, Context<512>>.kv == 0);
static_assert(totals<minilm, cpu, Context<512>, Batch<4>>.kv == 0);
static_assert(one.peak == one.weights + one.arena);

// A step is a sequence of each session, whatever chunk a policy asks for.
static_assert(plan_request<minilm, cpu, Context<512>>().rows() == 512);
static_assert(plan_request<minilm, cpu, Context<512>, Batch<4>, TokensPerStep<16>>().rows() == 2048);
static_assert(plan_request<minilm, cpu, Context<512>, Batch<4096>>().rows() == longest_chunk);
constexpr ArenaLayout arena = plan_arena<minilm, cpu, Context<512>>;
static_assert(arena.rows == 512 && arena.bytes_of(Role::spare) == 0);
static_assert(arena.bytes_of(Role::keys_values) >= 2 * 512 * 384 * 2 && arena.bytes_of(Role::keys_values) <= 2 * 512 * 384 * 4);
// Two sequences in turn hold one sequence's.
static_assert(plan_arena<minilm, cpu, Context<512>, Batch<2>>.bytes_of(Role::keys_values) == 2 * arena.bytes_of(Role::keys_values));

// The ops: norms behind the sums, in place, and the pooler alone with a result of its own.
constexpr auto ops = plan_ops<minilm, cpu, Context<512>>;
constexpr int count(OpKind kind) {
  int n = 0;
  for (const PlanOp& op : ops) n += op.kind == kind ? op.repeat : 0;
  return n;
}
static_assert(count(OpKind::norm) == 1 + 2 * 6 && count(OpKind::attention) == 6 && count(OpKind::linear) == 1);
constexpr bool in_place_and_plain() {
  for (const PlanOp& op : ops) {
    if (op.kind == OpKind::norm && op.in != op.out) return false;
    if (op.norm || op.norm_module >= 0) return false;
  }
  return ops.back().out == Role::logits && ops.back().n == 384;
}
static_assert(in_place_and_plain());
// A whole pass: every token sees all others.
static_assert(step_cost(plan_request<minilm, cpu, Context<512>>()).flops > 512 * 2.0 * 6 * (4 * 384 * 384 + 2 * 384 * 1536));

// Learned positions and types are counted as tables.
constexpr auto bare = Embedding<30522, 384> >> LayerNorm<384>;
constexpr auto positioned = Embedding<30522, 384, LearnedPositions<512>, TokenTypes<2>> >> LayerNorm<384>;
static_assert(totals<positioned, cpu>.weights - totals<bare, cpu>.weights == (512 + 16) * 384 * 2);

// Pages of a cache that is not there are no fault.
constexpr auto paged = tune<"model", Policy<PagedKv<48>>>(minilm);
static_assert(fits<paged, cpu, Context<500>> && totals<paged, cpu, Context<500>>.kv == 0);
static_assert(!fits<minilm, cpu, Context<512>, KvTokens<1024>>, "there is nothing to share");
