// expect: Refused; At<model>; chunk_is_not_tiled<chunk<50>, tile<32>>; UseChunk<64>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

// What a program asks of a step counts more than any policy.
#ifdef MUST_FAIL
constexpr auto step = TokensPerStep<50>;
#else
constexpr auto step = TokensPerStep<64>;
#endif
static_assert(accepts<llama, ttnn::blackhole_p150, Batch<1>, Context<4096>, step>);
