// expect: Refused; At<layer<0>, Attention<32, 8, 64>; no_kernel_for_activations<format<DType::fp32>>; UseActivations<DType::bf16>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

// Said of the whole model; found at the first module.
#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers", Policy<Activations<DType::fp32>>>(llama);
#else
constexpr auto tuned = tune<"layers", Policy<Activations<DType::bf16>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
