// expect: Refused; At<place<0>, Linear<64, 100; no_kernel_for_weights<format<DType::int4m>>; UseWeights<DType::bf16>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

// A module used alone is checked like any other.
#ifdef MUST_FAIL
constexpr auto linear = Linear<64, 100, Policy<Weights<DType::int4m>>>;
#else
constexpr auto linear = Linear<64, 100, Policy<Weights<DType::bf16>>>;
#endif
static_assert(accepts<linear, cuda::h100>);
