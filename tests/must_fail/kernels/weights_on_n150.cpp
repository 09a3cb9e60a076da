// expect: Refused; At<layer<3>, SwiGlu<8192; no_kernel_for_weights<format<DType::int8>>; UseWeights<DType::bfloat8_b>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.3-5.mlp", Policy<WeightsOf<WeightGroup::down, DType::int8>>>(llama);
#else
constexpr auto tuned = tune<"layers.3-5.mlp", Policy<Weights<DType::bfloat8_b>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
