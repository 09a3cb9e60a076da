// expect: Refused; At<model>; does_not_fit<needed<; available<12872318208>; UseBatch<8>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                       >> RmsNorm<4096> >> Linear<4096, 128256>;

#if defined(MUST_FAIL)
constexpr auto batch = Batch<32>;
#elif defined(SUGGESTED)
constexpr auto batch = Batch<8>;
#else
constexpr auto batch = Batch<1>;
#endif
static_assert(accepts<llama, ttnn::wormhole_t3000, batch, Context<131072>>);
