// expect: Refused; At<layer<0>, Attention<32, 8, 64>>; heads_do_not_divide<heads<32>, chips<5>>; ShardHeads<4>
// words: layers.0.attention: 32 heads do not divide over 5 chips; try: shard the heads over 4 chips: --mesh 1x4, Mesh<Chip, 1, 4>
// lines: 12
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
using device = Mesh<ttnn::wormhole, 1, 5>;
#elif defined(SUGGESTED)
using device = Mesh<ttnn::wormhole, 1, 4>;
#else
using device = ttnn::wormhole_t3000;
#endif
static_assert(accepts<llama, device, Batch<1>, Context<4096>>);
