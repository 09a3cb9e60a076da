// expect[gcc]: operator>>
// expect[clang]: invalid operands to binary expression
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto model = Embedding<100, 64> >> 64;
#else
constexpr auto model = Embedding<100, 64> >> RmsNorm<64>;
#endif
