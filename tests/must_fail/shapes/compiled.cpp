// expect: Refused; At<layer<0>; no_kernel_for_fidelity<fidelity<Fidelity::hifi3>>; UseFidelity<Fidelity::hifi4>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<HiFi3>;
#else
constexpr auto policy = Policy<HiFi4>;
#endif
using model = Compiled<(Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>, policy>), cpu>;
static_assert(model::totals.weights > 0);
