// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_accumulation<format<DType::bf16>>; UseAccumulate<DType::fp32>
// words: layers.0.attention: the device has no kernel that adds in bf16; try: add in fp32: accumulate=fp32, Policy<Accumulate<DType::fp32>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<Accumulate<DType::bf16>>;
#else
constexpr auto policy = Policy<Accumulate<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
