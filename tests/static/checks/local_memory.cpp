// Buffers and a core's own memory: L1 on ttnn, shared memory on cuda.
#include <ttt/model.hpp>

using namespace ttt;

template <int HeadDim, auto... Options>
constexpr auto heads_of = Embedding<1024, 4096> >> Repeat<2, TransformerLayer<4096, Attention<8, 8, HeadDim, Options...>, SwiGlu<14336>>>
                          >> RmsNorm<4096> >> Linear<4096, 1024>;

// Prompt attention keeps a chunk of queries, keys and values in L1: 256 rows of heads of 512 are too many.
constexpr Diagnosis wide = diagnose(plan_request<heads_of<512>, ttnn::wormhole_n150, Batch<1>, Context<4096>>());
static_assert(wide.issue == Issue::buffers_exceed_local_memory && wide.part == PartName::attention && wide.module == 1);
static_assert(wide.numbers[0] == static_cast<int>(catalog::ttnn::DecoderOp::prompt_attention));
static_assert(wide.numbers[1] > wide.numbers[2] && wide.numbers[2] == 1'393'312);
static_assert(wide.advice == Advice::UseChunk && wide.advice_numbers[0] == 1024);
static_assert(fits<heads_of<512>, ttnn::wormhole_n150, Batch<1>, Context<4096>, TokensPerStep<1024>>, "the advice holds");
static_assert(fits<heads_of<128>, ttnn::wormhole_n150, Batch<1>, Context<4096>>);

// A head in bf16 with fp32 sums: pieces of 42,752 columns would keep more than L1 in 12 banks' shards and both kinds of sums,
// so it is cut into narrower ones; in bf16 sums the widest fit.
constexpr auto head_of = Embedding<128256, 4096> >> Repeat<2, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                         >> RmsNorm<4096> >> Linear<4096, 128256>;
constexpr auto full = tune<"head", Policy<Weights<DType::bf16>, Accumulate<DType::fp32>>>(head_of);
constexpr auto half = tune<"head", Policy<Weights<DType::bf16>>>(head_of);
template <auto& Model>
constexpr PlanRequest on_n150 = plan_request<Model, ttnn::wormhole_n150, Batch<1>, Context<4096>>();
template <auto& Model>
constexpr std::int64_t piece = head_piece(on_n150<Model>, on_n150<Model>.model.model.module(4).linear,
                                          on_n150<Model>.model.resolved(on_n150<Model>.device, 3, 0).self);
static_assert(piece<full> == 42'752 / 2 && piece<half> == 42'752);
static_assert(fits<full, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
static_assert(fits<half, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
static_assert(fits<head_of, ttnn::wormhole_n150, Batch<1>, Context<4096>>);

// A block's shared memory holds 64 queries and two stages of keys and values.
static_assert(catalog::cuda_attention_bytes(128, DType::bf16) == 2 * 128 * 320);
static_assert(fits<heads_of<256>, cuda::h100, Batch<1>, Context<4096>>);
constexpr Diagnosis fp32 =
    diagnose(plan_request<heads_of<256, Policy<Activations<DType::fp32>>>, cuda::h100, Batch<1>, Context<4096>>());
static_assert(fp32.issue == Issue::buffers_exceed_local_memory && fp32.numbers[1] == 4 * 256 * 320);
static_assert(fp32.numbers[2] == 227 << 10 && fp32.advice == Advice::UseKernel, "the policy on the module is not overruled");
constexpr auto naive = Policy<Activations<DType::fp32>, Kernel<KernelVariant::naive>>;
static_assert(fits<heads_of<256, naive>, cuda::h100, Batch<1>, Context<4096>>, "the advice holds");
static_assert(fits<heads_of<256, Policy<Activations<DType::bf16>>>, cuda::h100, Batch<1>, Context<4096>>);
static_assert(fits<heads_of<256, Policy<Activations<DType::fp32>>>, cpu>, "the CPU has no such limit");

// The same rules of plain feed-forward networks, LayerNorms and biases: decoding and prompts of GPT-2, whole sequences of BERT.
template <int Hidden, int Heads, int Layers>
constexpr auto gpt2_of = Embedding<50257, Hidden, LearnedPositions<1024>>
                         >> Repeat<Layers, TransformerLayer<Hidden, Attention<Heads, Heads, 64, NoRope, QkvBias, OutputBias>,
                                                            Mlp<4 * Hidden, GeluTanh, Bias>, LayerNorms>> >> LayerNorm<Hidden> >> Linear<Hidden, 50257>;
static_assert(fits<gpt2_of<768, 12, 12>, ttnn::wormhole_n150, Batch<32>, Context<1024>>);
static_assert(fits<gpt2_of<1600, 25, 48>, ttnn::wormhole_n150, Batch<1>, Context<1024>>);
template <int HeadDim>
constexpr auto bert_of = Embedding<30522, 1024, LearnedPositions<4096>, TokenTypes<2>> >> LayerNorm<1024, Eps<1e-12>>
                         >> Repeat<24, TransformerLayer<1024, Attention<16, 16, HeadDim, NoRope, QkvBias, OutputBias, Bidirectional>,
                                                        Mlp<4096, Gelu, Bias>, LayerNorms, PostNorm>> >> Pooler<1024>;
static_assert(fits<bert_of<64>, ttnn::wormhole_n150, Batch<32>, Context<512>>);
constexpr Diagnosis whole = diagnose(plan_request<bert_of<512>, ttnn::wormhole_n150, Batch<2>, Context<4096>>());
static_assert(whole.issue == Issue::buffers_exceed_local_memory && whole.part == PartName::attention && whole.module == 2);
static_assert(whole.numbers[0] == static_cast<int>(catalog::ttnn::DecoderOp::prompt_attention));
// A LayerNorm keeps rows less their means and a bias beside what an RmsNorm keeps: three rows of tiles more, two in fp32.
static_assert(catalog::ttnn::interleaved_norm_l1(catalog::ttnn::wormhole, 768, DType::bf16, true, false).total() == 294'912);
static_assert(catalog::ttnn::interleaved_norm_l1(catalog::ttnn::wormhole, 768, DType::bf16, true, false, {true, true}).total() == 450'560);
