// Ops of models that are not Llama, totals of a small one, and rotary embeddings.
#include <ttt/model.hpp>

using namespace ttt;

// Sizes that are no multiple of the panels (16 outputs, 2 inputs): padding is counted.
constexpr auto small =
    Embedding<293, 47>
    >> Repeat<2, TransformerLayer<47, Attention<6, 2, 10, QkvBias, QkNorm<>>, SwiGlu<103, Bias>>>
    >> RmsNorm<47>
    >> Linear<47, 293, Bias>;
constexpr PlanTotals t = totals<small, cpu, Context<20>>;
constexpr std::int64_t up64(std::int64_t n) { return (n + 63) / 64 * 64; }
constexpr std::int64_t table = up64(304 * 48 * 2);                         // 293 -> 304 outputs, 47 -> 48 inputs
constexpr std::int64_t qkv = up64((64 + 32 + 32) * 48 * 2) + (64 + 32 + 32) * 4;  // 60, 20, 20 -> 64, 32, 32
constexpr std::int64_t o = up64(48 * 60 * 2);
constexpr std::int64_t up = up64(2 * 112 * 48 * 2) + 2 * 112 * 4;          // 103 -> 112
constexpr std::int64_t down = up64(48 * 104 * 2) + up64(48 * 4);
constexpr std::int64_t norm = up64(47 * 4), head_norms = 2 * up64(10 * 4);
static_assert(t.weights == table + 2 * (qkv + o + up + down + head_norms + 2 * norm) + norm + table + up64(304 * 4));
// 20 positions -> 32; a head's 10 values -> 16.
static_assert(t.kv == 2 * (2 * 32 * 10 * 2 + 2 * 32 * 16 * 2));

// Which ops a model has.
template <auto Model>
constexpr int count(OpKind kind) {
  int n = 0;
  for (const PlanOp& op : plan_ops<Model, cpu>) n += op.kind == kind ? op.repeat : 0;
  return n;
}
static_assert(count<small>(OpKind::qkv) == 2 && count<small>(OpKind::norm) == 0 && count<small>(OpKind::embed) == 1);
constexpr auto plain = TransformerLayer<48, Attention<6, 2, 12>, Mlp<104, Gelu>>;
static_assert(count<(Embedding<9, 48> >> plain)>(OpKind::activated) == 1);
static_assert(count<(Embedding<9, 48> >> plain)>(OpKind::gated) == 0);
static_assert(count<(Embedding<9, 48> >> plain >> RmsNorm<48>)>(OpKind::norm) == 1, "no Linear to fuse with");
static_assert(count<(Embedding<9, 48> >> RmsNorm<48> >> Linear<48, 9>)>(OpKind::norm) == 0);
static_assert(count<(plain >> plain)>(OpKind::rotary) == 1, "no embedding makes the rotary table along the way");
static_assert(plan_ops<plain, cpu>[1].norm && plan_ops<plain, cpu>[4].norm);

// Written out, the engine's list: each repetition on its own.
constexpr int written = [] {
  int n = 0;
  emit_ops(plan_request<small, cpu>(), true, [&](const PlanOp&) { ++n; });
  return n;
}();
static_assert(written == 1 + 2 * 5 + 1);

// Formats: stored means the checkpoint's; a policy decides otherwise; HiFi2 takes bf16 operands.
constexpr auto tuned = Embedding<9, 48> >> TransformerLayer<48,
                                                            Attention<6, 2, 12, Policy<HiFi2, Kv<DType::fp32>>>,
                                                            SwiGlu<104, Policy<Weights<DType::fp32>>>>;
constexpr auto ops = plan_ops<tuned, cpu>;
static_assert(ops[1].weights == DType::bf16 && ops[1].operands == DType::bf16 && ops[1].kv == DType::fp32);
static_assert(ops[4].weights == DType::fp32 && ops[4].operands == DType::fp32);
static_assert(ops[4].weight_bytes == 4LL * 2 * 112 * 48);
constexpr PlanRequest as_fp16 = [] {
  PlanRequest r = plan_request<small, cpu>();
  r.stored = DType::fp16;
  return r;
}();
static_assert(as_fp16.format(DType::stored) == DType::fp16 && as_fp16.format(DType::bf16) == DType::bf16);

// Rotary embeddings: one for each distinct (rope, head_dim), in order of first use.
constexpr auto ropes_model =
    Embedding<9, 48> >> TransformerLayer<48, Attention<6, 2, 12, NoRope>, SwiGlu<16>>
    >> TransformerLayer<48, Attention<6, 2, 12, Rope<500>>, SwiGlu<16>>
    >> TransformerLayer<48, Attention<6, 2, 12>, SwiGlu<16>>
    >> TransformerLayer<48, Attention<6, 6, 12, Rope<500>, QkvBias>, SwiGlu<16>>
    >> TransformerLayer<48, Attention<6, 2, 8, Rope<500>, PartialRotary<0.5>>, SwiGlu<16>>;
constexpr Ropes ropes = ropes_of(view_of<type_of<ropes_model>>());
static_assert(ropes.count == 3);
static_assert(ropes.uses[0].spec.theta == Real(500) && ropes.uses[1].spec.theta == Real(10000));
static_assert(ropes.uses[2].rotary_dim() == 4 && ropes.width_before(3) == 12 + 12 + 4 && ropes.width_before(1) == 12);
static_assert(count<ropes_model>(OpKind::rotary) == 2, "the embedding makes the first");
static_assert(plan_ops<ropes_model, cpu>[2].kind == OpKind::embed && plan_ops<ropes_model, cpu>[2].rope == 0);
constexpr int no_rope = ropes.index_of(view_of<type_of<ropes_model>>().module(1).attention);
static_assert(no_rope == -1);
