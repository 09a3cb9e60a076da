// expect: Refused, layer<0>, Attention, no_kernel_for_fidelity, Fidelity::lofi, UseFidelity, hifi2
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
using Fidelity = LoFi;
#else
using Fidelity = HiFi4;
#endif
constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16, Policy<::Fidelity>>, SwiGlu<96>>;
constexpr auto model = Embedding<100, 64> >> Repeat<15, layer>;
static_assert(accepts<model, cpu>);
