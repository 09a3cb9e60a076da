// expect: Refused, place<1>, RmsNorm<1024>, widths_differ, takes<1024>, given<2048>, Try, UseWidth<2048>
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto model = Embedding<128256, 2048> >> RmsNorm<1024>;
#else
constexpr auto model = Embedding<128256, 2048> >> RmsNorm<2048>;
#endif
