// expect: Refused; At<model>; does_not_fit<needed<; available<80000000000>; UseBatch<2>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                       >> RmsNorm<4096> >> Linear<4096, 128256>;

#if defined(MUST_FAIL)
constexpr auto batch = Batch<64>;
#elif defined(SUGGESTED)
constexpr auto batch = Batch<2>;
#else
constexpr auto batch = Batch<1>;
#endif
static_assert(accepts<llama, cuda::h100, batch, Context<131072>>);
