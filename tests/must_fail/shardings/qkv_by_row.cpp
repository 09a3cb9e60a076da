// expect: Refused; At<layer<4>, Attention<32, 8, 64; sharding_is_not_for_group<sharding<Sharding::row>, group<WeightGroup::qkv>>; UseSharding<WeightGroup::qkv, Sharding::heads>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

// The policy of a run reaches the layers of that run alone.
constexpr auto layer = TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>;
#ifdef MUST_FAIL
constexpr auto policy = Policy<ShardOf<WeightGroup::qkv, Sharding::row>>;
#else
constexpr auto policy = Policy<ShardOf<WeightGroup::qkv, Sharding::heads>>;
#endif
constexpr auto model = Embedding<32000, 2048> >> Repeat<4, layer> >> Repeat<12, layer, policy>;
static_assert(accepts<model, ttnn::wormhole_n300, Batch<1>, Context<4096>>);
