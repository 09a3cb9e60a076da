// expect: Refused; At<model>; path_names_nothing<layers<16>>; NameModulePath<>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"norm_2", Policy<HiFi4>>(llama);
#else
constexpr auto tuned = tune<"norm", Policy<HiFi4>>(llama);
#endif
