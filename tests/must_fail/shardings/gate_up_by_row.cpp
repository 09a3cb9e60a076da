// expect: Refused; At<layer<15>, SwiGlu<8192; sharding_is_not_for_group<sharding<Sharding::row>, group<WeightGroup::gate_up>>; UseSharding<WeightGroup::gate_up, Sharding::column>
// words: layers.15.mlp: gate_up matrices cannot be sharded by row; try: shard it by column: shard.gate_up=column, Policy<ShardOf<WeightGroup::gate_up, Sharding::column>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.15.mlp", Policy<ShardOf<WeightGroup::gate_up, Sharding::row>>>(llama);
#else
constexpr auto tuned = tune<"layers.15.mlp", Policy<ShardOf<WeightGroup::gate_up, Sharding::column>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_t3000, Batch<1>, Context<4096>>);
