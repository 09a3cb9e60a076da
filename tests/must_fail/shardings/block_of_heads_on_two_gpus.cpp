// expect: Refused; At<layer<0>, Attention<32, 8, 64; block_sharding_needs_a_grid<mesh_rows<1>, mesh_columns<2>>; UseSharding<WeightGroup::qkv, Sharding::heads>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.*.attention", Policy<ShardOf<WeightGroup::qkv, Sharding::block>>>(llama);
#else
constexpr auto tuned = tune<"layers.*.attention", Policy<ShardOf<WeightGroup::qkv, Sharding::heads>>>(llama);
#endif
static_assert(accepts<tuned, Mesh<cuda::h200, 1, 2>, Batch<1>, Context<4096>>);
