// expect: RmsNorm has a weight and no bias
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto norm = RmsNorm<64, Bias>;
#else
constexpr auto norm = LayerNorm<64, Bias>;
#endif
static_assert(norm.numbers.width == 64);
