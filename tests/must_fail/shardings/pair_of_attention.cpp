// expect: Refused; At<layer<15>, Attention<32, 8, 64; row_parallel_pair_is_broken<before<Sharding::heads>, sharding<Sharding::replicate>>; UseSharding<WeightGroup::o, Sharding::row>
// words: layers.15.attention: its inputs lie apart on the chips (the product before it is sharded by heads), but it is sharded by replicate; try: shard it by row: shard.o=row, Policy<ShardOf<WeightGroup::o, Sharding::row>>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers.15.attention", Policy<ShardOf<WeightGroup::o, Sharding::replicate>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers.15.attention", Policy<ShardOf<WeightGroup::o, Sharding::row>>>(llama);
#else
constexpr auto tuned = tune<"layers.15.attention", Policy<Shard<Sharding::replicate>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_t3000, Batch<1>, Context<4096>>);
