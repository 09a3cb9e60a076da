// expect: Refused; At<place<1>, RmsNorm<1024>>; widths_differ<takes<1024>, given<2048>>; UseWidth<2048>
// words: norm: it takes rows of width 1024 but what precedes it gives width 2048; try: make its width 2048
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto model = Embedding<128256, 2048> >> RmsNorm<1024>;
#else
constexpr auto model = Embedding<128256, 2048> >> RmsNorm<2048>;
#endif
