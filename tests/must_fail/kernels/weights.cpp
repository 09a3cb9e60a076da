// expect: Refused; At<layer<1>, SwiGlu<96; no_kernel_for_weights<format<DType::int4>>; UseWeights<DType::bf16>
// words: layers.1.mlp: the device has no kernel for int4 weights; try: use bf16 weights: weights=bf16, Policy<Weights<DType::bf16>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto mlp = SwiGlu<96, Policy<Weights<DType::int4>>>;
#else
constexpr auto mlp = SwiGlu<96, Policy<Weights<DType::bf16>>>;
#endif
constexpr auto attention = Attention<4, 2, 16>;
constexpr auto model =
    Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>> >> TransformerLayer<64, attention, mlp>;
static_assert(accepts<model, cpu, Batch<1>, Context<256>>);
