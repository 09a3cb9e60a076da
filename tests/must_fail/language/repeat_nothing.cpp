// expect[gcc]: invalid variable template, Repeat
// expect[clang]: constraints not satisfied for variable template 'Repeat', Count = 0
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr int layers = 0;
#else
constexpr int layers = 1;
#endif
constexpr auto model = Embedding<100, 64> >> Repeat<layers, RmsNorm<64>>;
