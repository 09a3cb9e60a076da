// Rules as values: each finds its fault, with its numbers, and its advice holds.
#include <ttt/checks/gate.hpp>
#include <ttt/checks/tune.hpp>

using namespace ttt;

template <auto Model>
constexpr Diagnosis found = diagnose(plan_request<Model, cpu>());
template <auto... Options>
constexpr auto layer = TransformerLayer<48, Attention<6, 2, 12, Options...>, SwiGlu<104>>;

static_assert(found<(Embedding<293, 48> >> layer<>)>.ok());
static_assert(found<layer<>>.ok() && found<RmsNorm<48>>.ok());

// One module alone: what `>>` has not seen yet.
constexpr Diagnosis heads = found<TransformerLayer<48, Attention<6, 4, 12>, SwiGlu<104>>>;
static_assert(heads.issue == Issue::kv_heads_do_not_divide_heads && heads.numbers[0] == 6 && heads.numbers[1] == 4);
static_assert(heads.advice == Advice::UseKvHeads && heads.advice_numbers[0] == 3 && heads.part == PartName::attention);
static_assert(found<TransformerLayer<48, Attention<6, 3, 12>, SwiGlu<104>>>.ok(), "the advice is right");
constexpr Diagnosis more = found<TransformerLayer<48, Attention<6, 12, 12>, SwiGlu<104>>>;
static_assert(more.issue == Issue::kv_heads_do_not_divide_heads && more.advice_numbers[0] == 6);

static_assert(found<Embedding<0, 48>>.issue == Issue::size_is_not_positive);
static_assert(found<Linear<48, -3>>.issue == Issue::size_is_not_positive && found<Linear<48, -3>>.numbers[0] == -3);
static_assert(found<TransformerLayer<48, Attention<6, 0, 12>, SwiGlu<104>>>.part == PartName::attention);
static_assert(found<TransformerLayer<48, Attention<6, 2, 12>, SwiGlu<0>>>.part == PartName::mlp);

static_assert(found<layer<PartialRotary<0.25>>>.issue == Issue::rotary_dimension_is_odd);
static_assert(found<layer<PartialRotary<0.25>>>.advice_numbers[0] == 2);
static_assert(found<layer<PartialRotary<1.5>>>.issue == Issue::rotary_dimension_exceeds_head);
static_assert(found<layer<PartialRotary<-1>>>.issue == Issue::rotary_dimension_exceeds_head);

// Neighbours within a repeated group, and a group that does not feed itself.
constexpr Diagnosis group = found<Repeat<2, Linear<48, 50>>>;
static_assert(group.issue == Issue::widths_differ && group.numbers[0] == 48 && group.numbers[1] == 50);
static_assert(group.module == 1, "the second repetition");

static_assert(found<Linear<48, 293, TiedTo<"embedding">>>.issue == Issue::tied_to_nothing);

// Kernels.
static_assert(found<layer<Policy<LoFi>>>.issue == Issue::no_kernel_for_fidelity, "whole-number rows times bf16 weights");
static_assert(found<layer<Policy<LoFi>>>.advice_numbers[0] == static_cast<int>(Fidelity::hifi2));
static_assert(found<layer<Policy<LoFi, Weights<DType::int4m>>>>.ok());
static_assert(found<layer<Policy<HiFi3, Weights<DType::int8>>>>.issue == Issue::no_kernel_for_fidelity);
static_assert(found<layer<Policy<HiFi3>>>.numbers[0] == static_cast<int>(Fidelity::hifi3));
static_assert(found<layer<Policy<HiFi3>>>.advice_numbers[0] == static_cast<int>(Fidelity::hifi4));
static_assert(found<layer<Policy<Kv<DType::bfloat8_b>>>>.issue == Issue::no_kernel_for_kv);
static_assert(found<layer<Policy<Kv<DType::bfloat8_b>>>>.advice_numbers[0] == static_cast<int>(DType::int8));
static_assert(found<layer<Policy<Kv<DType::int8>, Scores<LoFi>>>>.ok() && found<layer<Policy<Kv<DType::bf16>, Scores<HiFi2>>>>.ok());
static_assert(found<layer<Policy<DecodeScores<LoFi>>>>.issue == Issue::no_kernel_for_scores, "whole-number rows beside an fp16 cache");
static_assert(found<layer<Policy<PromptScores<HiFi3>>>>.issue == Issue::no_kernel_for_scores);
static_assert(found<layer<Policy<PagedKv<256>>>>.ok() && found<layer<Policy<PagedKv<65536>>>>.ok());
// A page is whole blocks of 256; the nearest is named. It need not divide the context.
constexpr auto page_for = [](const Diagnosis& d) {
  return d.issue == Issue::page_splits_blocks && d.advice == Advice::UsePage ? d.advice_numbers[0] : -1;
};
static_assert(page_for(found<layer<Policy<PagedKv<1>>>>) == 256 && page_for(found<layer<Policy<PagedKv<383>>>>) == 256);
static_assert(page_for(found<layer<Policy<PagedKv<384>>>>) == 512 && page_for(found<layer<Policy<PagedKv<-256>>>>) == 256);
static_assert(page_for(found<layer<Policy<PagedKv<2147483647>>>>) == 65536);
static_assert(fits<layer<Policy<PagedKv<512>>>, cpu, Context<1000>>);
// Positions that all sequences share.
constexpr auto in_pages = Embedding<100, 48> >> Repeat<3, layer<Policy<PagedKv<256>>>>;
constexpr auto in_blocks = Embedding<100, 48> >> Repeat<3, layer<>>;
constexpr std::int64_t page_bytes = 3 * kv_bytes(AttentionSpec{.heads = 6, .kv_heads = 2, .head_dim = 12}, DType::fp16, 256);
static_assert(totals<in_pages, cpu, Batch<4>, Context<1000>>.kv == 16 * page_bytes, "ceil(1000 / 256) pages each");
static_assert(totals<in_pages, cpu, Batch<4>, Context<1000>, KvTokens<2000>>.kv == 8 * page_bytes);
static_assert(totals<in_pages, cpu, Batch<4>, Context<1000>, KvTokens<999'999'999'999>>.kv == 16 * page_bytes);
static_assert(totals<in_pages, cpu, Batch<1>, Context<10>>.kv == page_bytes);
static_assert(totals<in_pages, cpu, Batch<4>, Context<1024>>.kv == totals<in_blocks, cpu, Batch<4>, Context<1024>>.kv);
static_assert(fits<in_pages, cpu, Batch<4>, Context<1000>, KvTokens<1000>> && !fits<in_pages, cpu, Context<1000>, KvTokens<999>>);
static_assert(!fits<in_blocks, cpu, Batch<4>, Context<1000>, KvTokens<4000>>);
static_assert(fits<tune<"layers.1.attention", Policy<PagedKv<512>>>(in_blocks), cpu, Context<1000>, KvTokens<1000>>);
static_assert(found<layer<Policy<Weights<DType::bfloat8_b>>>>.issue == Issue::no_kernel_for_weights);
constexpr Diagnosis o = found<layer<Policy<WeightsOf<WeightGroup::o, DType::bfloat4_b>>>>;
static_assert(o.issue == Issue::no_kernel_for_weights && o.part == PartName::attention && o.numbers[0] == static_cast<int>(DType::bfloat4_b));
constexpr auto down_bfloat8 =
    TransformerLayer<48, Attention<6, 2, 12>, SwiGlu<104, Policy<WeightsOf<WeightGroup::down, DType::bfloat8_b>>>>;
static_assert(found<down_bfloat8>.part == PartName::mlp);

// A tied pair shares one format, wherever the head stands.
template <DType Table, DType Head>
constexpr auto tied = Embedding<293, 48, Policy<Weights<Table>>> >> RmsNorm<48>
                      >> Linear<48, 293, TiedTo<"embedding">, Policy<Weights<Head>>>;
static_assert(found<tied<DType::fp32, DType::fp32>>.ok());
static_assert(found<tied<DType::fp32, DType::bf16>>.issue == Issue::tied_formats_differ);
static_assert(found<tied<DType::fp32, DType::bf16>>.module == 2);
static_assert(found<(tied<DType::fp32, DType::bf16> >> Linear<293, 7>)>.issue == Issue::tied_formats_differ);
static_assert(found<tied<DType::stored, DType::bf16>>.ok(), "stored is bf16 in this plan");

static_assert(found<(layer<Rope<1>> >> layer<Rope<2>> >> layer<Rope<3>> >> layer<Rope<4>>)>.ok());
constexpr auto five = layer<Rope<1>> >> layer<Rope<2>> >> layer<Rope<3>> >> layer<Rope<4>> >> layer<Rope<5>>;
static_assert(found<five>.issue == Issue::too_many_rotary_embeddings && found<five>.numbers[0] == 5);

// The first fault stops: shapes before kernels.
static_assert(found<TransformerLayer<48, Attention<6, 4, 12, Policy<LoFi>>, SwiGlu<104>>>.issue ==
              Issue::kv_heads_do_not_divide_heads);

// `fits` is a plain bool.
static_assert(fits<layer<>, cpu> && !fits<layer<Policy<LoFi>>, cpu> && accepts<layer<>, cpu>);
static_assert(name_of(Issue::widths_differ) == "widths_differ");
