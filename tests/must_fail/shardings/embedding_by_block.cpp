// expect: Refused; At<place<0>, Embedding<32000, 2048; sharding_is_not_for_group<sharding<Sharding::block>, group<WeightGroup::embedding>>; UseSharding<WeightGroup::embedding, Sharding::column>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto embedding = Embedding<32000, 2048, Policy<ShardOf<WeightGroup::embedding, Sharding::block>>>;
#else
constexpr auto embedding = Embedding<32000, 2048, Policy<ShardOf<WeightGroup::embedding, Sharding::column>>>;
#endif
constexpr auto model = embedding >> RmsNorm<2048>;
static_assert(accepts<model, ttnn::wormhole_galaxy>);
