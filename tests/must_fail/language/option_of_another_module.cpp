// expect: NotAnOptionOf<ttt::types::QkvBias, ttt::MlpSpec>
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto mlp = SwiGlu<96, QkvBias>;
#else
constexpr auto mlp = SwiGlu<96, Bias>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, mlp>;
