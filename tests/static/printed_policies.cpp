// Printed by cpp_of from tests/policy_cases.hpp; policy_text_test says when it is out of date.
#include "../policy_cases.hpp"

using namespace ttt;

// clang-format off
static_assert(type_of<Policy<>>::config == ttt::test::policy_cases[0]);
static_assert(type_of<Policy<Weights<DType::stored>, HiFi3, Scores<HiFi4>, Shard<Sharding::replicate>>>::config == ttt::test::policy_cases[1]);
static_assert(type_of<Policy<Weights<DType::bfloat8_b>, WeightsOf<WeightGroup::gate_up, DType::bfloat4_b>, HiFi2, FidelityOf<WeightGroup::gate_up, LoFi>, Shard<Sharding::none>, ShardOf<WeightGroup::qkv, Sharding::heads>, ShardOf<WeightGroup::down, Sharding::row>>>::config == ttt::test::policy_cases[2]);
static_assert(type_of<Policy<WeightsOf<WeightGroup::head, DType::int4m>, FidelityOf<WeightGroup::down, HiFi4>, DecodeScores<HiFi2>, ShardOf<WeightGroup::embedding, Sharding::block>>>::config == ttt::test::policy_cases[3]);
static_assert(type_of<Policy<Scores<LoFi>, DecodeScores<HiFi4>>>::config == ttt::test::policy_cases[4]);
static_assert(type_of<Policy<Activations<DType::bf16>, Accumulate<DType::fp32>, Kv<DType::fp16>, Kernel<KernelVariant::flash>, PagedKv<64>, SeparateQkv, ColumnParallelQkv, TileMajor, Chunk<96>, Checkpointing<Switch::on>, GradientAccumulation<DType::fp16>, DeviceSpecific<"banks=4,order=snake">>>::config == ttt::test::policy_cases[5]);
static_assert(type_of<Policy<Kernel<KernelVariant::naive>, ContiguousKv, FusedQkv, PlainQkv, RowMajor, Checkpointing<Switch::off>>>::config == ttt::test::policy_cases[6]);
static_assert(type_of<Policy<Paged>>::config == ttt::test::policy_cases[7]);
static_assert(type_of<Policy<Page<32>>>::config == ttt::test::policy_cases[8]);
static_assert(type_of<Policy<Use<my_attention>>>::config == ttt::test::policy_cases[9]);
constexpr auto printed_tuned_1 = tune<"model", Policy<Kv<DType::bf16>, Chunk<32>>>(ttt::test::policy_model);
constexpr auto printed_tuned_2 = tune<"layers.0-1", Policy<HiFi2>>(printed_tuned_1);
constexpr auto printed_tuned_3 = tune<"layers.*.mlp", Policy<Weights<DType::fp16>>>(printed_tuned_2);
constexpr auto printed_tuned_4 = tune<"layers.3", Policy<Kv<DType::fp32>, Page<16>>>(printed_tuned_3);
constexpr auto printed_tuned_5 = tune<"layers.3.attention", Policy<Scores<HiFi4>, Use<my_attention>>>(printed_tuned_4);
constexpr auto printed_tuned = tune<"head", Policy<Weights<DType::fp32>, DeviceSpecific<"a=1">>>(printed_tuned_5);
static_assert(layer_count(view_of<type_of<printed_tuned>>()) == 6);
