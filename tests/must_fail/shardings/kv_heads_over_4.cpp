// expect: Refused; At<layer<0>, Attention<24, 6, 128>>; kv_heads_do_not_divide<kv_heads<6>, chips<4>>; ShardHeads<3>
// words: layers.0.attention: 6 kv heads neither divide over 4 chips nor are a whole number of chips each; try: shard the heads over 3 chips: --mesh 1x3, Mesh<Chip, 1, 3>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto model = Embedding<32000, 3072> >> Repeat<28, TransformerLayer<3072, Attention<24, 6, 128>, SwiGlu<9216>>>;
#ifdef MUST_FAIL
using device = Mesh<ttnn::wormhole, 1, 4>;
#else
using device = Mesh<ttnn::wormhole, 1, 3>;
#endif
static_assert(accepts<model, device, Batch<1>, Context<4096>>);
