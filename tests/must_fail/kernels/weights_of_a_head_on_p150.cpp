// expect: Refused; At<place<18>, Linear<2048, 128256; no_kernel_for_weights<format<DType::fp16>>; UseWeights<DType::bf16>
// words: head: the device has no kernel for fp16 weights; try: use bf16 weights: weights=bf16, Policy<Weights<DType::bf16>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"head", Policy<Weights<DType::fp16>>>(llama);
#else
constexpr auto tuned = tune<"head", Policy<Weights<DType::bf16>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::blackhole_p150, Batch<1>, Context<4096>>);
