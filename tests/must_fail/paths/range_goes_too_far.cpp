// expect: Refused; At<model>; layer_is_not_there<layer_number<16>, layers<16>>; UseLayer<15>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.8-16.mlp", Policy<HiFi4>>(llama);
#else
constexpr auto tuned = tune<"layers.8-15.mlp", Policy<HiFi4>>(llama);
#endif
