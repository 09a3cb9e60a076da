// expect: PostNorm is an option of a TransformerLayer
// the control leaves it to the layer
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto norm = LayerNorm<64, PostNorm>;
#else
constexpr auto norm = LayerNorm<64>;
#endif
constexpr auto model = Embedding<100, 64> >> norm >> TransformerLayer<64, Attention<4, 2, 16, Bidirectional>, Mlp<96, Gelu>, LayerNorms, PostNorm>;
static_assert(fits<model, cpu>);
