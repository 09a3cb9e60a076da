// expect[gcc]: invalid variable template; Board
// expect[clang]: constraints not satisfied for variable template 'accepts'; Board
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto model = Embedding<100, 64> >> RmsNorm<64>;
struct Board {};
#ifdef MUST_FAIL
static_assert(accepts<model, Board>);
#else
static_assert(accepts<model, cpu>);
#endif
