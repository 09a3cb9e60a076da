// expect: Refused; At<layer<2>, SwiGlu<96>; no_kernel_for_accumulation<format<DType::int8>>; UseAccumulate<DType::fp32>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16, Policy<Accumulate<DType::fp32>>>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto policy = Policy<Accumulate<DType::int8>>;
#else
constexpr auto policy = Policy<Accumulate<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64> >> Repeat<2, layer> >> Repeat<4, layer, policy>;
static_assert(accepts<model, cuda::h100>);
