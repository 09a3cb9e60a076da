// expect: Refused, layer<0>, SwiGlu<0>, size_is_not_positive, size<0>, UsePositiveSize<1>
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr int width = 0;
#else
constexpr int width = 1;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<width>>;
