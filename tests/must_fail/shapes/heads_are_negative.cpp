// expect: Refused; At<layer<3>, Attention<-4, 2, 16>>; size_is_not_positive<size<-4>>; UsePositiveSize<1>
#include <ttt/model.hpp>
using namespace ttt;

template <int Heads>
constexpr auto layer = TransformerLayer<64, Attention<Heads, 1, 16>, SwiGlu<96>>;
#if defined(MUST_FAIL)
constexpr auto fourth = TransformerLayer<64, Attention<-4, 2, 16>, SwiGlu<96>>;
#elif defined(SUGGESTED)
constexpr auto fourth = layer<1>;
#else
constexpr auto fourth = layer<4>;
#endif
constexpr auto model = Embedding<100, 64> >> Repeat<3, layer<4>> >> fourth;
