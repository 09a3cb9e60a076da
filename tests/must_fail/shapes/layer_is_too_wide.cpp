// expect: Refused; At<layer<0>, TransformerLayer<4096; widths_differ<takes<4096>, given<2048>>; UseWidth<2048>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto layer = TransformerLayer<4096, Attention<32, 8, 64>, SwiGlu<8192>>;
#else
constexpr auto layer = TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>;
#endif
constexpr auto model = Embedding<128256, 2048> >> Repeat<16, layer> >> RmsNorm<2048>;
