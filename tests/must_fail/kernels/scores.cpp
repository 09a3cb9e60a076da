// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_scores<fidelity<Fidelity::hifi2>>; UseScores<Fidelity::hifi4>
// words: layers.0.attention: the device has no attention kernel for scores at fidelity HiFi2; try: use scores=HiFi4, Policy<Scores<HiFi4>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<Scores<HiFi2>>;
#else
constexpr auto policy = Policy<Scores<HiFi4>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
