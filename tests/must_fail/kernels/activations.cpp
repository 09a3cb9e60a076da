// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_activations<format<DType::bf16>>; UseActivations<DType::fp32>
// words: layers.0.attention: the device has no kernel that keeps activations in bf16 between ops; try: keep them in fp32: activations=fp32, Policy<Activations<DType::fp32>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<Activations<DType::bf16>>;
#else
constexpr auto policy = Policy<Activations<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
