// Notes as values: what is worth knowing of a request and no obstacle.
#include <ttt/checks/gate.hpp>
#include <ttt/checks/notes.hpp>
#include <ttt/policy/devices.hpp>

using namespace ttt;

constexpr auto head = RmsNorm<4096> >> Linear<4096, 128256>;
template <auto... Knobs>
constexpr auto attention = Attention<32, 8, 128, Knobs...>;
template <auto AttentionValue = Attention<32, 8, 128>, auto MlpValue = SwiGlu<14336>>
constexpr auto llama = Embedding<128256, 4096> >> Repeat<2, TransformerLayer<4096, AttentionValue, MlpValue>> >> head;

template <auto Model, Device D, auto... Options>
constexpr Remarks notes = find_notes(plan_request<Model, D, Options...>());
template <auto Model, Device D>
constexpr Remark first_of(Note note) {
  for (const Remark& r : notes<Model, D>)
    if (r.note == note) return r;
  return {.module = -2};
}
using n150 = ttnn::wormhole_n150;

// TTNN's defaults: the one thing to know is the fault of prompt scores at HiFi4 with fp32 sums, and Blackhole has none.
static_assert(notes<llama<>, n150>.count == 1 && notes<llama<>, n150>.has(Note::hifi4_scores_with_fp32_sums));
static_assert(notes<llama<>, ttnn::blackhole_p150>.count == 0);
constexpr auto hifi3_scores = llama<attention<Policy<PromptScores<HiFi3>>>>;
static_assert(notes<hifi3_scores, n150>.count == 0);

// Phases of fidelity against bits of weights.
static_assert(checks::whole_at(DType::bfloat4_b) == Fidelity::lofi && checks::whole_at(DType::bfloat8_b) == Fidelity::hifi2);
static_assert(checks::whole_at(DType::bf16) == Fidelity::hifi4 && checks::whole_at(DType::fp32) == Fidelity::hifi4);
constexpr auto wasteful = llama<Attention<32, 8, 128>, SwiGlu<14336, Policy<HiFi4, Weights<DType::bfloat4_b>>>>;
constexpr Remark waste = first_of<wasteful, n150>(Note::fidelity_exceeds_weights);
static_assert(waste.module == 1 && waste.part == PartName::mlp);
static_assert(waste.numbers[0] == static_cast<int>(DType::bfloat4_b) && waste.numbers[3] == static_cast<int>(Fidelity::lofi));
static_assert(!notes<wasteful, n150>.has(Note::hifi4_with_fp32_sums), "its sums are bf16");
constexpr auto whole = llama<Attention<32, 8, 128>, SwiGlu<14336, Policy<LoFi, Weights<DType::bfloat4_b>>>>;
static_assert(!notes<whole, n150>.has(Note::fidelity_exceeds_weights) && !notes<whole, n150>.has(Note::fidelity_below_weights));
constexpr auto coarse = llama<attention<Policy<HiFi2, Weights<DType::bf16>>>>;
static_assert(notes<coarse, n150>.has(Note::fidelity_below_weights));
constexpr auto fine = llama<attention<Policy<HiFi4, Weights<DType::bf16>>>>;
static_assert(!notes<fine, n150>.has(Note::fidelity_below_weights), "bf16 weights are whole at HiFi4");
static_assert(notes<fine, n150>.has(Note::hifi4_with_fp32_sums), "attention adds in fp32");
static_assert(!notes<fine, ttnn::blackhole_p150>.has(Note::hifi4_with_fp32_sums));
static_assert(!notes<wasteful, cpu>.has(Note::fidelity_exceeds_weights), "phases are the Tensix multiplier's");

// Meshes.
using sixteen = Mesh<n150, 1, 16>;
static_assert(fits<llama<>, sixteen, Batch<1>, Context<4096>>);
constexpr Remark replicated = first_of<llama<>, sixteen>(Note::kv_heads_replicated);
static_assert(replicated.numbers[0] == 8 && replicated.numbers[1] == 16 && replicated.numbers[2] == 2);
static_assert(!notes<llama<>, ttnn::wormhole_t3000>.has(Note::kv_heads_replicated));
static_assert(first_of<llama<>, sixteen>(Note::mesh_exceeds_product).numbers[2] == 1);
static_assert(!notes<llama<>, ttnn::wormhole_t3000>.has(Note::mesh_exceeds_product));
constexpr Remark padded = first_of<llama<>, sixteen>(Note::vocabulary_padded);
static_assert(padded.numbers[0] == 128256 && padded.numbers[1] == 128512, "251 tiles on each of 16 chips");
static_assert(!notes<llama<>, ttnn::wormhole_t3000>.has(Note::vocabulary_padded), "501 tiles on each of 8");

// Knobs that mean less than they say, once for the whole model however many layers say it.
constexpr auto training = llama<attention<Policy<Checkpointing<Switch::on>, GradientAccumulation<DType::bf16>>>>;
static_assert(notes<training, cpu>.has(Note::checkpointing_means_nothing));
static_assert(notes<training, cpu>.has(Note::gradient_accumulation_means_nothing));
static_assert(!notes<llama<>, cpu>.has(Note::checkpointing_means_nothing));
static_assert(notes<llama<>, cpu>.count == 1 && notes<llama<>, cpu>.has(Note::stored_weights), "said once for all groups");
static_assert(first_of<llama<>, cpu>(Note::stored_weights).numbers[1] == 16);

// Learned positions: what no kernel of the CPU adds, and one more table on a chip.
constexpr auto gpt2 = Embedding<50257, 768, LearnedPositions<1024>>
                      >> Repeat<12, TransformerLayer<768, Attention<12, 12, 64, NoRope, QkvBias, OutputBias>,
                                                     Mlp<3072, GeluTanh, Bias>, LayerNorms>>
                      >> LayerNorm<768> >> Linear<768, 50257, TiedTo<"embedding">>;
constexpr auto no_positions = Embedding<50257, 768>
                              >> Repeat<12, TransformerLayer<768, Attention<12, 12, 64, NoRope, QkvBias, OutputBias>,
                                                             Mlp<3072, GeluTanh, Bias>, LayerNorms>>
                              >> LayerNorm<768> >> Linear<768, 50257, TiedTo<"embedding">>;
static_assert(fits<gpt2, cpu, Context<1024>> && fits<no_positions, cpu, Context<1024>> && fits<gpt2, n150, Context<1024>>);
static_assert(totals<gpt2, n150, Context<1024>>.weights > totals<no_positions, n150, Context<1024>>.weights);
constexpr Diagnosis over_eight = diagnose(plan_request<gpt2, Mesh<n150, 1, 8>, Context<1024>>());
static_assert(over_eight.issue == Issue::heads_do_not_divide && over_eight.advice == Advice::ShardHeads);
static_assert(notes<gpt2, ttnn::wormhole_t3000>.has(Note::whole_on_every_chip) && !notes<gpt2, Mesh<n150, 1, 6>>.has(Note::whole_on_every_chip));
static_assert(over_eight.advice_numbers[0] == 6 && fits<gpt2, Mesh<n150, 1, 6>, Context<1024>>);
static_assert(diagnose(plan_request<Embedding<100, 64, LearnedPositions<-5>>, cpu>()).issue == Issue::size_is_not_positive);
