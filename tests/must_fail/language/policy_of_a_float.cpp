// expect[gcc]: invalid variable template; Policy<float>
// expect[clang]: constraints not satisfied for variable template 'Policy'; float
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<float>;
#else
constexpr auto policy = Policy<HiFi4>;
#endif
constexpr auto attention = Attention<4, 2, 16, policy>;
