// expect: Refused; At<layer<0>, SwiGlu<0>>; size_is_not_positive<size<0>>; UsePositiveSize<1>
// words: layers.0.mlp: a size of 0 is not positive; try: give it a size of at least 1
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr int width = 0;
#else
constexpr int width = 1;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<width>>;
