// expect: Refused; At<model>; layer_is_not_there<layer_number<99>, layers<16>>; UseLayer<15>
// words: model: the path names layer 99, but the model has 16 layers; try: name a layer up to layers.15
// lines: 12
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers.99.attention", Policy<HiFi4>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers.15.attention", Policy<HiFi4>>(llama);
#else
constexpr auto tuned = tune<"layers.0.attention", Policy<HiFi4>>(llama);
#endif
