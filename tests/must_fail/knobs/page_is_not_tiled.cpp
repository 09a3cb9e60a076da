// expect: Refused; At<layer<0>, Attention<32, 8, 64; page_is_not_tiled<page<48>, tile<32>>; UsePage<32>
// words: layers.0.attention: a page of 48 positions is no multiple of the device's tiles of 32; try: use pages of 32 positions: page=32, Policy<PagedKv<32>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<PagedKv<48>>;
#else
constexpr auto policy = Policy<PagedKv<32>>;
#endif
constexpr auto model = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64, policy>, SwiGlu<8192>>>;
static_assert(accepts<model, ttnn::blackhole_p100, Batch<1>, Context<4096>>);
