// expect: Refused; At<place<0>, Embedding<100, 64; no_kernel_for_weights<format<DType::bfloat8_b>>; UseWeights<DType::int8>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto embedding = Embedding<100, 64, Policy<Weights<DType::bfloat8_b>>>;
#else
constexpr auto embedding = Embedding<100, 64, Policy<Weights<DType::bf16>>>;
#endif
constexpr auto model = embedding >> RmsNorm<64>;
static_assert(accepts<model, cpu::avx512>);
