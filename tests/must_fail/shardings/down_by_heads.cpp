// expect: Refused; At<layer<0>, SwiGlu<8192>; sharding_is_not_for_group<sharding<Sharding::heads>, group<WeightGroup::down>>; UseSharding<WeightGroup::down, Sharding::row>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

template <Sharding Down>
constexpr auto policy = Policy<ShardOf<WeightGroup::gate_up, Sharding::replicate>, ShardOf<WeightGroup::down, Down>>;
#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers", policy<Sharding::heads>>(llama);
#else
constexpr auto tuned = tune<"layers", policy<Sharding::row>>(llama);
#endif
static_assert(accepts<tuned, Mesh<cuda::h100, 1, 4>, Batch<1>, Context<4096>>);
