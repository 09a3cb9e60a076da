// expect: Refused; At<layer<1>, SwiGlu<96; no_kernel_for_weights<format<DType::bfloat4_b>>; UseWeights<DType::int4>
// words: layers.1.mlp: the device has no kernel for bfloat4_b weights; try: use int4 weights: weights=int4, Policy<Weights<DType::int4>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto mlp = SwiGlu<96, Policy<Weights<DType::bfloat4_b>>>;
#else
constexpr auto mlp = SwiGlu<96, Policy<Weights<DType::int4>>>;
#endif
constexpr auto attention = Attention<4, 2, 16>;
constexpr auto model =
    Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>> >> TransformerLayer<64, attention, mlp>;
static_assert(accepts<model, cpu, Batch<1>, Context<256>>);
