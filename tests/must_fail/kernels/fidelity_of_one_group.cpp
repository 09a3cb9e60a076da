// expect: Refused; At<layer<0>, SwiGlu<96; no_kernel_for_fidelity<fidelity<Fidelity::lofi>>; UseFidelity<Fidelity::hifi2>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto policy = Policy<HiFi4, FidelityOf<WeightGroup::gate_up, LoFi>>;
#elif defined(SUGGESTED)
constexpr auto policy = Policy<HiFi2>;
#else
constexpr auto policy = Policy<HiFi4>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96, policy>>;
static_assert(accepts<model, cpu>);
