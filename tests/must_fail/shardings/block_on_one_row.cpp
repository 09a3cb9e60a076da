// expect: Refused; At<layer<0>, SwiGlu<8192>; block_sharding_needs_a_grid<mesh_rows<1>, mesh_columns<8>>; UseSharding<WeightGroup::down, Sharding::row>
// words: layers.0.mlp: a block sharding needs a mesh of several rows and columns, but this one is 1 x 8; try: shard it by row: shard.down=row, Policy<ShardOf<WeightGroup::down, Sharding::row>>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers", Policy<ShardOf<WeightGroup::down, Sharding::block>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers", Policy<ShardOf<WeightGroup::down, Sharding::row>>>(llama);
#else
constexpr auto tuned = llama;
#endif
static_assert(accepts<tuned, ttnn::wormhole_t3000, Batch<1>, Context<4096>>);
