// expect: an own kernel is chosen by its type: Policy<Use<MyKernel>>
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<Kernel<KernelVariant::own>>;
#else
constexpr auto policy = Policy<Kernel<KernelVariant::fused>>;
#endif
constexpr auto attention = Attention<4, 2, 16, policy>;
