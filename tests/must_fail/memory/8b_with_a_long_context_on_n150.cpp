// expect: Refused; At<model>; does_not_fit<needed<; available<12872318208>; UseContext<49408>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                       >> RmsNorm<4096> >> Linear<4096, 128256>;

#if defined(MUST_FAIL)
constexpr auto context = Context<131072>;
#elif defined(SUGGESTED)
constexpr auto context = Context<49408>;
#else
constexpr auto context = Context<4096>;
#endif
static_assert(accepts<llama, ttnn::wormhole_n150, Batch<1>, context>);
