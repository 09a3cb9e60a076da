// expect: NotAnOptionOf, Eps, AttentionSpec
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto attention = Attention<4, 2, 16, Eps<1e-6>>;
#else
constexpr auto attention = Attention<4, 2, 16, QkNorm<1e-6>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>>;
