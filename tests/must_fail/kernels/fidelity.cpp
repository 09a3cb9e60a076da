// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_fidelity<fidelity<Fidelity::lofi>>; UseFidelity<Fidelity::hifi2>
// words: layers.0.attention: the device has no kernel for products at fidelity LoFi; try: use fidelity=HiFi2, Policy<HiFi2>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
using Chosen = LoFi;
#elif defined(SUGGESTED)
using Chosen = HiFi2;
#else
using Chosen = HiFi4;
#endif
constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16, Policy<Chosen>>, SwiGlu<96>>;
constexpr auto model = Embedding<100, 64> >> Repeat<15, layer>;
static_assert(accepts<model, cpu>);
