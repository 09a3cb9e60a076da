// expect: Refused; At<layer<15>, Attention<32, 8, 64; page_does_not_divide_context<page<96>, context<4096>>; UsePage<64>
// words: layers.15.attention: pages of 96 positions do not divide a context of 4096; try: use pages of 64 positions: page=64, Policy<PagedKv<64>>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers.15.attention", Policy<PagedKv<96>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers.15.attention", Policy<PagedKv<64>>>(llama);
#else
constexpr auto tuned = tune<"layers.15.attention", Policy<PagedKv<256>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
