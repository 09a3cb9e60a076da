// expect: Refused; At<model>; path_names_nothing<layers<16>>; NameModulePath<>
// words: model: the path names no module of the model, which has 16 layers; try: name a module: model, embedding, layers.N, layers.A-B, layers.*, each with .attention, .mlp or .* behind it, norm, head
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.15.atention", Policy<HiFi4>>(llama);
#else
constexpr auto tuned = tune<"layers.15.attention", Policy<HiFi4>>(llama);
#endif
