// expect: Refused; At<layer<1>, Attention<8, 8, 256; buffers_exceed_local_memory; needed<327680>; available<232448>; UseKernel<KernelVariant::naive>
#include <ttt/model.hpp>
using namespace ttt;

template <auto... Options>
constexpr auto layer = TransformerLayer<4096, Attention<8, 8, 256, Options...>, SwiGlu<14336>>;
#if defined(MUST_FAIL)
constexpr auto odd = layer<Policy<Activations<DType::fp32>>>;
#elif defined(SUGGESTED)
constexpr auto odd = layer<Policy<Activations<DType::fp32>, Kernel<KernelVariant::naive>>>;
#else
constexpr auto odd = layer<>;
#endif
constexpr auto model = Embedding<1024, 4096> >> layer<> >> odd;
static_assert(accepts<model, cuda::h100, Batch<1>, Context<4096>>);
