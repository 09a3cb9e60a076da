// expect: Refused; At<model>; does_not_fit<needed<; available<12872318208>; UseWeights<DType::bfloat8_b>
// words: model: it needs 16836246144 bytes of a chip that has 12872318208: weights 16352043264, keys and values 285769728; try: use bfloat8_b weights: weights=bfloat8_b, Policy<Weights<DType::bfloat8_b>>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                       >> RmsNorm<4096> >> Linear<4096, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"model", Policy<Weights<DType::bf16>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"model", Policy<Weights<DType::bfloat8_b>>>(llama);
#else
constexpr auto tuned = llama;  // the device's default: bfloat8_b
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
