// expect: Refused; At<place<18>, Linear<1024, 128256>>; widths_differ<takes<1024>, given<2048>>; UseWidth<2048>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto body = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                      >> RmsNorm<2048>;
#ifdef MUST_FAIL
constexpr auto model = body >> Linear<1024, 128256>;
#else
constexpr auto model = body >> Linear<2048, 128256>;
#endif
