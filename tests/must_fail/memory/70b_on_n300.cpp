// expect: Refused; At<model>; does_not_fit<needed<; available<12872318208>; UseMesh<1, 8>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 8192> >> Repeat<80, TransformerLayer<8192, Attention<64, 8, 128>, SwiGlu<28672>>>
                       >> RmsNorm<8192> >> Linear<8192, 128256>;

#if defined(MUST_FAIL)
using device = ttnn::wormhole_n300;
#elif defined(SUGGESTED)
using device = Mesh<ttnn::wormhole, 1, 8>;
#else
using device = ttnn::wormhole_t3000;
#endif
static_assert(accepts<llama, device, Batch<1>, Context<2048>>);
