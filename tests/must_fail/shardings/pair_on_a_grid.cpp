// expect: Refused; At<layer<0>, SwiGlu<14336; row_parallel_pair_is_broken<before<Sharding::block>, sharding<Sharding::row>>; UseSharding<WeightGroup::down, Sharding::block>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                       >> RmsNorm<4096> >> Linear<4096, 128256>;

// A galaxy's default spreads a layer's matrices over rows and columns of its mesh.
#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers.*.mlp", Policy<ShardOf<WeightGroup::down, Sharding::row>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers.*.mlp", Policy<ShardOf<WeightGroup::down, Sharding::block>>>(llama);
#else
constexpr auto tuned = llama;
#endif
static_assert(accepts<tuned, ttnn::wormhole_galaxy, Batch<1>, Context<4096>>);
