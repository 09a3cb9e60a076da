// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_scores<fidelity<Fidelity::lofi>>; UseScores<Fidelity::hifi2>
// words: layers.0.attention: the device has no attention kernel for scores at fidelity LoFi; try: use scores=HiFi2, Policy<Scores<HiFi2>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<Scores<LoFi>>;
#else
constexpr auto policy = Policy<Scores<HiFi2>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
