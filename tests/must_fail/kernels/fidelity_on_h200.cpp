// expect: Refused; At<layer<7>, SwiGlu<8192; no_kernel_for_fidelity<fidelity<Fidelity::hifi3>>; UseFidelity<Fidelity::hifi4>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.7.mlp", Policy<HiFi3>>(llama);
#else
constexpr auto tuned = tune<"layers.7.mlp", Policy<HiFi4>>(llama);
#endif
static_assert(accepts<tuned, cuda::h200, Batch<8>, Context<4096>>);
