// expect: Refused; At<layer<0>, Attention<32, 8, 64; no_kernel_for_scores<fidelity<Fidelity::lofi>>; UseScores<Fidelity::hifi2>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers.*.attention", Policy<DecodeScores<LoFi>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers.*.attention", Policy<Scores<HiFi2>>>(llama);
#else
constexpr auto tuned = llama;
#endif
static_assert(accepts<tuned, cuda::h100, Batch<1>, Context<4096>>);
