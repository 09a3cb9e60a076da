// expect: Refused; At<model>; batch_exceeds_device<batch<64>, limit<32>>; UseBatch<32>
// words: model: the device decodes at most 32 sequences at once, but 64 were asked for; try: decode 32 sequences at once: --batch 32, Batch<32>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto batch = Batch<64>;
#else
constexpr auto batch = Batch<32>;
#endif
static_assert(accepts<llama, ttnn::wormhole_n150, batch, Context<2048>>);
