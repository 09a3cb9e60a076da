// expect: a TransformerLayer takes its width
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto layer = TransformerLayer<64, SwiGlu<96>, Attention<4, 2, 16>>;
#else
constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#endif
constexpr auto model = Embedding<100, 64> >> layer;
