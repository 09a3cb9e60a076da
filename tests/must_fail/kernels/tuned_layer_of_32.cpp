// expect: Refused; At<layer<15>, Attention<32, 8, 128; no_kernel_for_kv<format<DType::fp32>>; UseKv<DType::bf16>
// words: layers.15.attention: the device has no kernel for keys and values in fp32; try: keep keys and values in bf16: kv=bf16, Policy<Kv<DType::bf16>>
// lines: 12
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128>, SwiGlu<14336>>>
                       >> RmsNorm<4096> >> Linear<4096, 128256>;

// One of 32 layers, tuned by its path: the whole output is short.
#if defined(MUST_FAIL)
constexpr auto tuned = tune<"layers.15.attention", Policy<Kv<DType::fp32>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"layers.15.attention", Policy<Kv<DType::bf16>>>(llama);
#else
constexpr auto tuned = tune<"layers.15.attention", Policy<HiFi4>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
