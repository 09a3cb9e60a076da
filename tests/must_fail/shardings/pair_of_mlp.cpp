// expect: Refused; At<layer<3>, SwiGlu<8192; row_parallel_pair_is_broken<before<Sharding::column>, sharding<Sharding::column>>; UseSharding<WeightGroup::down, Sharding::row>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.3-5.mlp", Policy<ShardOf<WeightGroup::down, Sharding::column>>>(llama);
#else
constexpr auto tuned = tune<"layers.3-5.mlp", Policy<ShardOf<WeightGroup::down, Sharding::row>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n300, Batch<1>, Context<4096>>);
