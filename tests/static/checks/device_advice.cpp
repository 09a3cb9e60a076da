// Advice on Tensix devices from the plan alone: for each category one case that has it and one that has not.
#include <ttt/model.hpp>

#include <ttt/checks/device_advice.hpp>

using namespace ttt;
using enum DeviceAdviceName;

template <int Hidden, int Heads, int KvHeads, int Ffn, auto Knobs = Policy<>>
constexpr auto decoder = tune<"model", Knobs>(
    Embedding<32000, Hidden>
    >> Repeat<4, TransformerLayer<Hidden, Attention<Heads, KvHeads, Hidden / Heads, Rope<10'000>>, SwiGlu<Ffn>>>
    >> RmsNorm<Hidden> >> Linear<Hidden, 32000>);
template <auto Knobs = Policy<>>
constexpr auto llama = decoder<4096, 32, 8, 14336, Knobs>;

template <auto Model, Device D, auto... Options>
constexpr DeviceAdvices advice = find_device_advice(plan_request<Model, D, Context<4096>, Options...>());
using n150 = ttnn::wormhole_n150;
using p150 = ttnn::blackhole_p150;

// The defaults on an n150: the one thing is the prompt's scores at HiFi4 with fp32 Dst, and Blackhole has no such fault.
static_assert(advice<llama<>, n150>.count == 0);
static_assert(advice<llama<>, n150, Prompt<2048>>.count == 1 && advice<llama<>, n150, Prompt<2048>>.has(hifi3_prompt_scores));
static_assert(!advice<llama<>, p150, Prompt<2048>>.has(hifi3_prompt_scores));
static_assert(!advice<llama<Policy<PromptScores<HiFi3>>>, n150, Prompt<2048>>.has(hifi3_prompt_scores));
static_assert(advice<llama<Policy<DecodeScores<HiFi4>>>, n150>.has(hifi3_decode_scores));
static_assert(!advice<llama<>, n150>.has(hifi3_decode_scores));
static_assert(advice<llama<>, cpu>.count == 0 && advice<llama<Policy<HiFi4>>, cuda::h100>.count == 0);

// DRAM-bound but not DRAM-sharded.
constexpr auto interleaved = llama<Policy<Kernel<KernelVariant::naive>>>;
static_assert(advice<interleaved, n150>.has(shard_weights_in_dram) && !advice<llama<>, n150>.has(shard_weights_in_dram));
static_assert([] {
  for (const DeviceAdvice& a : advice<interleaved, n150>)
    if (a.name == shard_weights_in_dram && a.op == OpName::mlp_gate_up)
      return a.numbers[0] == static_cast<int>(KernelVariant::fused) && a.repeat == 4 && a.module == 1;
  return false;
}());
static_assert(advice<llama<Policy<Chunk<32>>>, n150, Prompt<1024>>.has(longer_chunks));
static_assert(!advice<llama<>, n150, Prompt<1024>>.has(longer_chunks));
static_assert(advice<llama<Policy<LoFi>>, n150, Prompt<32>>.has(longer_prompt) && !advice<llama<>, n150, Prompt<1024>>.has(longer_prompt));

// FLOP-bound on fewer than 64 cores: eight beside a Blackhole's banks; twelve of a Wormhole with phases to spare; a prompt whose
// 28 tiles of inputs divide over 7 rows of cores.
static_assert(advice<llama<>, p150>.has(multiply_on_the_grid) && !advice<llama<>, n150>.has(multiply_on_the_grid));
static_assert(!advice<interleaved, p150>.has(multiply_on_the_grid));
static_assert(advice<llama<Policy<HiFi4>>, n150>.has(fewer_phases_on_few_cores));
static_assert(!advice<llama<>, n150>.has(fewer_phases_on_few_cores));
static_assert(advice<llama<Policy<HiFi4, Chunk<32>>>, n150, Prompt<1024>>.has(chunks_for_the_grid));
static_assert(advice<llama<Policy<HiFi4, Weights<DType::bfloat4_b>>>, n150, Prompt<32>>.has(prompt_for_the_grid));
static_assert(!advice<llama<Policy<HiFi4>>, n150, Prompt<2048>>.has(chunks_for_the_grid));
constexpr auto seven_rows = decoder<896, 14, 2, 4864>;
static_assert(advice<seven_rows, n150, Prompt<2048>>.has(larger_grid) && !advice<llama<>, n150, Prompt<2048>>.has(larger_grid));

// Fidelity against mantissas.
static_assert(advice<llama<Policy<HiFi4>>, n150>.has(fewer_phases) && !advice<llama<>, n150>.has(fewer_phases));
static_assert(advice<llama<Policy<LoFi>>, n150>.has(more_phases) && !advice<llama<>, n150>.has(more_phases));
static_assert(!advice<llama<Policy<LoFi, Weights<DType::bfloat4_b>>>, n150>.has(fewer_phases));
// bf16 weights deserve HiFi4, but HiFi3 where the sums are fp32 on Wormhole: attention's are.
constexpr auto full = llama<Policy<HiFi4, Weights<DType::bf16>>>;
static_assert(advice<full, n150>.has(hifi3_with_fp32_sums) && !advice<full, p150>.has(hifi3_with_fp32_sums));
constexpr auto third = llama<Policy<HiFi3, Weights<DType::bf16>, Accumulate<DType::fp32>>>;
static_assert(!advice<third, n150>.has(hifi3_with_fp32_sums) && !advice<third, n150>.has(more_phases));
static_assert(advice<third, p150>.has(more_phases), "where HiFi4 has no fault");

// in0 in DRAM while neither limit is near.
constexpr auto narrow = decoder<1024, 16, 4, 2816>;
constexpr auto even = decoder<1024, 16, 8, 1024>;
constexpr auto even_interleaved = decoder<1024, 16, 8, 1024, Policy<Kernel<KernelVariant::naive>>>;
static_assert(advice<even_interleaved, n150>.has(in0_into_l1) && !advice<even, n150>.has(in0_into_l1));
static_assert(advice<narrow, n150, Prompt<128>>.has(in0_stays_in_dram) && !advice<llama<>, n150, Prompt<2048>>.has(in0_stays_in_dram));

// in0_block_w below 2: 64 tiles over 64 cores.
constexpr auto one_tile_each = decoder<2048, 32, 8, 8192>;
static_assert(!advice<decoder<2048, 32, 8, 8192, Policy<Kernel<KernelVariant::naive>>>, n150>.has(wider_in0_block));
static_assert(advice<one_tile_each, n150>.has(wider_in0_block) && !advice<llama<>, n150>.has(wider_in0_block));
static_assert([] {
  for (const DeviceAdvice& a : advice<one_tile_each, n150>)
    if (a.name == wider_in0_block && a.op == OpName::attention_o)
      return a.numbers[0] == 1 && a.numbers[1] == 64 && a.numbers[2] == 64 && a.numbers[3] == 32;
  return false;
}());

// Output subblocks below 2: 152 tiles over 8 columns of cores are 19.
static_assert(advice<seven_rows, n150, Prompt<512>>.has(larger_subblock) && !advice<llama<>, n150, Prompt<512>>.has(larger_subblock));

// Gaps that a trace closes.
struct untraced {
  static constexpr DeviceTraits traits = [] {
    DeviceTraits t = n150::traits;
    t.op_overhead_s = 20e-6;
    return t;
  }();
};
static_assert(advice<llama<>, untraced>.has(trace_the_step) && !advice<llama<>, n150>.has(trace_the_step));

// A module of one's own has no op of TTNN's.
struct Doubled : types::Module<> {
  static constexpr std::string_view type = "doubled";
  static constexpr int in = 4096, out = 4096;
  static constexpr std::array<WeightShape, 0> weights{};
  static void reference(const OwnModuleArgs&) {}
};
static_assert(find_device_advice(plan_request<(Linear<4096, 4096> >> Doubled{}), n150>()).has(host_fallback));
static_assert(!advice<llama<>, n150>.has(host_fallback));
