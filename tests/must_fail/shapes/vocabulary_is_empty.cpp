// expect: Refused; At<place<0>, Embedding<0, 64>>; size_is_not_positive<size<0>>; UsePositiveSize<1>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto embedding = Embedding<0, 64>;
#elif defined(SUGGESTED)
constexpr auto embedding = Embedding<1, 64>;
#else
constexpr auto embedding = Embedding<100, 64>;
#endif
constexpr auto model = embedding >> RmsNorm<64>;
