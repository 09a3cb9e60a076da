// expect: Refused; At<layer<15>, Attention<32, 8, 64; no_kernel_for_layout<tensor_layout<Layout::row_major>>; UseLayout<Layout::tile_major>
// words: layers.15.attention: the device has no kernel for layout=row_major; try: use layout=tile_major, Policy<TileMajor>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.15.attention", Policy<RowMajor>>(llama);
#else
constexpr auto tuned = tune<"layers.15.attention", Policy<TileMajor>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
