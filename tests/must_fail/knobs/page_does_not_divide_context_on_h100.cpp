// expect: Refused; At<layer<0>, Attention<32, 8, 64>; page_does_not_divide_context<page<100>, context<4096>>; UsePage<64>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers", Policy<PagedKv<100>>>(llama);
#else
constexpr auto tuned = tune<"layers", Policy<PagedKv<64>>>(llama);
#endif
static_assert(accepts<tuned, cuda::h100, Batch<4>, Context<4096>>);
