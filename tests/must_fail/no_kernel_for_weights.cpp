// expect: Refused, layer<1>, SwiGlu, no_kernel_for_weights, DType::bfloat4_b, UseWeights, int4
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
