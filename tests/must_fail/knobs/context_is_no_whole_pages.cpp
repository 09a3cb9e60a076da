// expect: Refused; At<layer<0>, Attention<32, 8, 64>; page_does_not_divide_context<page<32>, context<1000>>; UseContext<1024>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto context = Context<1000>;
#else
constexpr auto context = Context<1024>;
#endif
static_assert(accepts<llama, ttnn::wormhole_n150, Batch<1>, context>);
