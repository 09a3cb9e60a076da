// Rules about meshes, workloads and memory as values: numbers, advice, and that the advice works.
#include <ttt/model.hpp>

using namespace ttt;

template <int Hidden, int Heads, int KvHeads, int HeadDim, int Wide, auto... Policies>
constexpr auto decoder = Embedding<32000, Hidden>
                         >> Repeat<8, TransformerLayer<Hidden, Attention<Heads, KvHeads, HeadDim>, SwiGlu<Wide>>, Policies...>
                         >> RmsNorm<Hidden> >> Linear<Hidden, 32000>;
constexpr auto llama = decoder<4096, 32, 8, 128, 14336>;
template <int Chips>
using chips = Mesh<ttnn::wormhole, 1, Chips>;
template <auto Model, class D, auto... Options>
constexpr Diagnosis found = diagnose(plan_request<Model, D, Options...>());
constexpr bool is(const Diagnosis& d, Issue issue, std::array<std::int64_t, 4> numbers, Advice advice,
                  std::array<std::int64_t, 2> advice_numbers, int module, PartName part = PartName::whole) {
  return d == Diagnosis{issue, numbers, advice, advice_numbers, module, part};
}
template <class E>
constexpr std::int64_t n(E e) {
  return static_cast<std::int64_t>(e);
}
using enum PartName;

// Heads: over 1, 2, 4, 8, 16 chips, not over 5, 6, 7.
static_assert(fits<llama, chips<1>> && fits<llama, chips<2>> && fits<llama, chips<4>> && fits<llama, chips<8>>);
static_assert(is(found<llama, chips<5>>, Issue::heads_do_not_divide, {32, 5}, Advice::ShardHeads, {4}, 1, attention));
static_assert(is(found<llama, chips<7>>, Issue::heads_do_not_divide, {32, 7}, Advice::ShardHeads, {4}, 1, attention));
static_assert(is(found<llama, Mesh<cuda::h100, 1, 6>>, Issue::heads_do_not_divide, {32, 6}, Advice::ShardHeads, {4}, 1, attention));
// 12 heads over 8: fewer chips first.
constexpr auto twelve = decoder<768, 12, 12, 64, 3072>;
static_assert(is(found<twelve, chips<8>>, Issue::heads_do_not_divide, {12, 8}, Advice::ShardHeads, {6}, 1, attention));
static_assert(fits<twelve, chips<6>> && fits<twelve, chips<4>>);

// kv heads: fewer than chips are copied, where each is kept by a whole number of chips.
static_assert(fits<llama, chips<16>>, "8 kv heads over 16 chips: each on two");
static_assert(kv_heads_per_chip(8, 16) == 1 && kv_heads_per_chip(8, 4) == 2 && kv_heads_per_chip(8, 8) == 1);
constexpr auto six = decoder<3072, 24, 6, 128, 9216>;
static_assert(is(found<six, chips<4>>, Issue::kv_heads_do_not_divide, {6, 4}, Advice::ShardHeads, {3}, 1, attention));
static_assert(fits<six, chips<3>> && fits<six, chips<6>> && fits<six, chips<12>>);
constexpr auto forty_eight = decoder<6144, 48, 8, 128, 16384>;
static_assert(is(found<forty_eight, chips<12>>, Issue::kv_heads_do_not_divide, {8, 12}, Advice::ShardHeads, {8}, 1, attention));
static_assert(fits<forty_eight, chips<8>>);

// Columns in tiles: 11008 over 8 chips are 43 tiles each; over 16 no whole number.
constexpr auto narrow = decoder<4096, 32, 32, 128, 11008>;
static_assert(fits<narrow, chips<8>>);
static_assert(is(found<narrow, chips<16>>, Issue::columns_do_not_divide, {11008, 16, 32}, Advice::UseMesh, {1, 8}, 1, mlp));
static_assert(fits<narrow, Mesh<cuda::h100, 1, 16>>, "no tiles there");
// Rows: 8 heads of 80 are 640 inputs of the output product.
constexpr auto eighty = decoder<1024, 8, 8, 80, 4096>;
static_assert(is(found<eighty, chips<8>>, Issue::rows_do_not_divide, {640, 8, 32}, Advice::UseMesh, {1, 4}, 1, attention));
static_assert(fits<eighty, chips<4>>);

// A product of a row of chips runs what does not divide over them: each part that does not is whole on every chip.
using n300 = ttnn::wormhole_n300;
constexpr auto nine = decoder<576, 9, 3, 64, 1536>;
constexpr HardwareConfig of_nine(PartName part) { return configured_of<type_of<nine>>().resolved(n300::traits, 1, 0, part); }
static_assert(found<nine, chips<2>>.issue == Issue::heads_do_not_divide);
static_assert(fits<nine, n300> && fits<nine, ttnn::wormhole_t3000>);
static_assert(of_nine(attention).sharding(WeightGroup::qkv) == Sharding::replicate && of_nine(attention).sharding(WeightGroup::o) == Sharding::replicate);
static_assert(of_nine(mlp).sharding(WeightGroup::gate_up) == Sharding::column && of_nine(mlp).sharding(WeightGroup::down) == Sharding::row);
constexpr auto qkv_of_nine = decoder<576, 9, 3, 64, 1536, Policy<ShardOf<WeightGroup::qkv, Sharding::heads>>>;
static_assert(diagnose(plan_request<qkv_of_nine, n300>()).issue == Issue::heads_do_not_divide, "what is said is not softened");
constexpr auto thin = decoder<576, 18, 6, 32, 1500>;  // 1500 are 46.9 tiles
static_assert(fits<thin, n300> && !fits<thin, chips<2>>);
static_assert(totals<nine, n300, Batch<1>, Context<512>>.kv == totals<nine, ttnn::wormhole_n150, Batch<1>, Context<512>>.kv);
static_assert(totals<thin, n300, Batch<1>, Context<512>>.kv * 2 == totals<thin, ttnn::wormhole_n150, Batch<1>, Context<512>>.kv);

// Shardings by policy. A column of gate and up and a row of down need each other.
template <WeightGroup Group, Sharding How>
constexpr auto sharded = decoder<4096, 32, 8, 128, 14336, Policy<ShardOf<Group, How>>>;
using enum WeightGroup;
static_assert(is(found<sharded<gate_up, Sharding::row>, chips<8>>, Issue::sharding_is_not_for_group,
                 {n(Sharding::row), n(gate_up)}, Advice::UseSharding, {n(gate_up), n(Sharding::column)}, 1, mlp));
static_assert(is(found<sharded<qkv, Sharding::row>, chips<2>>, Issue::sharding_is_not_for_group,
                 {n(Sharding::row), n(qkv)}, Advice::UseSharding, {n(qkv), n(Sharding::heads)}, 1, attention));
static_assert(is(found<sharded<down, Sharding::column>, chips<2>>, Issue::row_parallel_pair_is_broken,
                 {n(Sharding::column), n(Sharding::column)}, Advice::UseSharding, {n(down), n(Sharding::row)}, 1, mlp));
static_assert(is(found<sharded<o, Sharding::replicate>, chips<2>>, Issue::row_parallel_pair_is_broken,
                 {n(Sharding::heads), n(Sharding::replicate)}, Advice::UseSharding, {n(o), n(Sharding::row)}, 1, attention));
static_assert(is(found<sharded<down, Sharding::block>, chips<2>>, Issue::block_sharding_needs_a_grid, {1, 2},
                 Advice::UseSharding, {n(down), n(Sharding::row)}, 1, mlp));
static_assert(fits<sharded<gate_up, Sharding::column>, chips<8>> && fits<sharded<down, Sharding::row>, chips<8>>);
static_assert(fits<sharded<qkv, Sharding::replicate>, chips<8>> && fits<sharded<gate_up, Sharding::replicate>, chips<8>>);
static_assert(fits<sharded<gate_up, Sharding::row>, chips<1>>, "on one chip every sharding is the whole");
// A mesh of rows and columns spreads outputs over the one and inputs over the other.
static_assert(fits<llama, Mesh<ttnn::wormhole, 8, 4>> && fits<llama, Mesh<cuda::h100, 2, 2>>);
static_assert(is(found<sharded<down, Sharding::row>, Mesh<ttnn::wormhole, 8, 4>>, Issue::row_parallel_pair_is_broken,
                 {n(Sharding::block), n(Sharding::row)}, Advice::UseSharding, {n(down), n(Sharding::block)}, 1, mlp));
static_assert(shard_parts(device_traits<ttnn::wormhole_galaxy>, Sharding::block) == ShardParts{8, 4});
static_assert(shard_parts(device_traits<ttnn::wormhole_galaxy>, Sharding::row) == ShardParts{1, 32});

// Three products on a mesh are no contradiction to a default that orders the columns of one.
constexpr auto separate = tune<"model", Policy<SeparateQkv>>(llama);
constexpr auto by_chip = tune<"model", Policy<SeparateQkv, ColumnParallelQkv>>(llama);
static_assert(fits<separate, ttnn::wormhole_t3000> && fits<by_chip, ttnn::wormhole_n150>);
static_assert(is(found<by_chip, ttnn::wormhole_t3000>, Issue::layout_needs_fused_qkv, {n(QkvForm::separate)}, Advice::UseQkv,
                 {n(QkvForm::fused)}, 1, attention));

// Pages, chunks, batches.
template <int Page>
constexpr auto paged = decoder<4096, 32, 8, 128, 14336, Policy<PagedKv<Page>>>;
using n150 = ttnn::wormhole_n150;
static_assert(fits<paged<32>, n150, Context<4096>> && fits<paged<128>, n150, Context<4096>>);
static_assert(is(found<paged<96>, n150, Context<4096>>, Issue::page_does_not_divide_context, {96, 4096}, Advice::UsePage, {64}, 1, attention));
static_assert(is(found<paged<48>, n150, Context<4096>>, Issue::page_is_not_tiled, {48, 32}, Advice::UsePage, {32}, 1, attention));
static_assert(is(found<paged<64>, n150, Context<1000>>, Issue::page_does_not_divide_context, {64, 1000}, Advice::UseContext, {1024}, 1, attention));
static_assert(fits<paged<64>, n150, Context<1024>>);
static_assert(fits<paged<4096>, n150, Context<1024>>, "one page holds it all");
static_assert(is(found<llama, n150, TokensPerStep<100>>, Issue::chunk_is_not_tiled, {100, 32}, Advice::UseChunk, {128}, whole_model));
static_assert(fits<llama, n150, TokensPerStep<128>> && fits<llama, cuda::h100, TokensPerStep<100>> && fits<llama, cpu, TokensPerStep<100>>);
static_assert(is(found<llama, n150, Batch<33>>, Issue::batch_exceeds_device, {33, 32}, Advice::UseBatch, {32}, whole_model));
static_assert(fits<llama, n150, Batch<32>> && fits<llama, cuda::h100, Batch<33>>);

// Memory: what a chip holds, and what to change.
constexpr auto llama_8b = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                          >> RmsNorm<4096> >> Linear<4096, 128256>;
constexpr auto in_bf16 = tune<"model", Policy<Weights<DType::bf16>>>(llama_8b);
static_assert(fits<llama_8b, n150, Context<4096>> && !fits<in_bf16, n150, Context<4096>>);
constexpr Diagnosis large = found<in_bf16, n150, Context<4096>>;
static_assert(large.issue == Issue::does_not_fit && large.module == whole_model && large.numbers[0] > large.numbers[1]);
static_assert(large.numbers[2] > 16'000'000'000 && large.advice == Advice::UseWeights && large.advice_numbers[0] == n(DType::bfloat8_b));
static_assert(fits<in_bf16, ttnn::wormhole_n300, Context<4096>> && fits<in_bf16, ttnn::blackhole_p150, Context<4096>>);
constexpr Diagnosis crowd = found<llama_8b, ttnn::wormhole_t3000, Batch<32>, Context<131072>>;
static_assert(crowd.issue == Issue::does_not_fit && crowd.advice == Advice::UseBatch && crowd.numbers[3] > crowd.numbers[2]);
static_assert(fits<llama_8b, ttnn::wormhole_t3000, Batch<crowd.advice_numbers[0]>, Context<131072>>);
constexpr Diagnosis endless = found<llama_8b, n150, Batch<1>, Context<131072>>;
static_assert(endless.advice == Advice::UseContext && fits<llama_8b, n150, Batch<1>, Context<endless.advice_numbers[0]>>);
static_assert(!fits<llama_8b, n150, Batch<1>, Context<endless.advice_numbers[0] + 4096>>, "and not much more would");
