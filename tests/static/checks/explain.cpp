// All independent faults of a model at once, each with its own module and its own suggestion.
#include <ttt/model.hpp>

using namespace ttt;

constexpr auto layer = TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>;
constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, layer> >> RmsNorm<4096> >> Linear<4096, 128256>;

// Nothing is wrong.
static_assert(explain(llama, ttnn::wormhole_n150{}, Batch<1>, Context<4096>).ok());
static_assert(explain(llama, cpu{}).ok());

// Layer 3's heads, layer 7's precision, the head's format, and the memory of it all.
constexpr auto with_sharding = tune<"layers.3.attention", Policy<ShardOf<WeightGroup::qkv, Sharding::row>>>(llama);
constexpr auto with_scores = tune<"layers.7.attention", Policy<Kv<DType::fp32>>>(with_sharding);
constexpr auto with_head = tune<"head", Policy<Weights<DType::int8>>>(with_scores);
constexpr auto all_wrong = tune<"layers.8-31", Policy<Weights<DType::fp32>>>(with_head);
constexpr auto faults = explain(all_wrong, ttnn::wormhole_n300{}, Batch<8>, Context<4096>);

constexpr Diagnosis of(Issue issue) {
  for (const Diagnosis& d : faults)
    if (d.issue == issue) return d;
  return {};
}
static_assert(faults.count == 4);
constexpr Diagnosis heads = of(Issue::sharding_is_not_for_group);
static_assert(heads.module == 4 && heads.part == PartName::attention && heads.advice == Advice::UseSharding);
constexpr Diagnosis cache = of(Issue::no_kernel_for_kv);
static_assert(cache.module == 8 && cache.part == PartName::attention && cache.advice == Advice::UseKv);
constexpr Diagnosis head = of(Issue::no_kernel_for_weights);
static_assert(head.module == 34 && head.part == PartName::whole && head.advice_numbers[0] == static_cast<int>(DType::bfloat8_b));
constexpr Diagnosis memory = of(Issue::does_not_fit);
static_assert(memory.module == whole_model && memory.numbers[0] > memory.numbers[1]);
static_assert(memory.numbers[1] == device_traits<ttnn::wormhole>.memory_bytes);

// `diagnose` is the first of them.
static_assert(diagnose(plan_request<all_wrong, ttnn::wormhole_n300, Batch<8>, Context<4096>>()) == *faults.begin());

// What is repeated is reported once, at the first of its kind; parts are reported apart.
constexpr auto lofi = tune<"layers", Policy<LoFi>>(llama);
constexpr auto both_parts = explain(lofi, cpu{});
static_assert(both_parts.count == 2 && both_parts.found[0].module == 1 && both_parts.found[1].module == 1);
static_assert(both_parts.found[0].part == PartName::attention && both_parts.found[1].part == PartName::mlp);

// Two contradictions of one module are two faults, and so are those of the workload.
constexpr auto odd_step = explain(tune<"layers.0.attention", Policy<PagedKv<48>, SeparateQkv, ColumnParallelQkv>>(llama),
                                  ttnn::wormhole_t3000{}, Batch<40>, TokensPerStep<100>);
static_assert(odd_step.count >= 4);
static_assert(odd_step.found[0].issue == Issue::batch_exceeds_device && odd_step.found[0].module == whole_model);
static_assert(odd_step.found[1].issue == Issue::chunk_is_not_tiled && odd_step.found[1].module == whole_model);
static_assert(odd_step.found[2].issue == Issue::layout_needs_fused_qkv && odd_step.found[2].module == 1);
static_assert(odd_step.found[3].issue == Issue::page_is_not_tiled && odd_step.found[3].module == 1);

// Room for 32: more are left out, never written beyond.
template <int N>
constexpr auto kv = TransformerLayer<64, Attention<4, 2, 16, Policy<Kv<DType::bfloat8_b>, Chunk<N>>>, SwiGlu<96, Policy<LoFi, Chunk<N>>>>;
template <int... N>
constexpr auto many(std::integer_sequence<int, N...>) {
  return (Embedding<100, 64> >> ... >> kv<N + 1>);
}
constexpr auto forty = explain(many(std::make_integer_sequence<int, 20>{}), cpu{});
static_assert(forty.count == 32 && forty.full() && forty.found[31].module == 16);
