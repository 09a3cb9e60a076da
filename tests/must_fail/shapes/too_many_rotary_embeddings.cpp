// expect: Refused; At<model>; too_many_rotary_embeddings<ropes<5>, limit<4>>; UseFewerRopes<4>
// words: model: its layers use 5 different rotary embeddings; at most 4 are kept; try: use at most 4 different rotary embeddings
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

template <int Theta>
constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16, Rope<Theta>>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr int fifth = 5;
#else
constexpr int fifth = 4;
#endif
constexpr auto model = Embedding<100, 64> >> layer<1> >> layer<2> >> layer<3> >> layer<4> >> layer<fifth>;
static_assert(accepts<model, cpu>);
