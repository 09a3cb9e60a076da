// expect: Refused; At<layer<2>, Attention<4, 2, 16; attention_directions_differ<bidirectional<2>, causal<1>>; UseOneDirection<>
// words: layers.2.attention: attention is bidirectional in 2 of the model's modules and causal in 1; try: make all of a model's attentions Bidirectional, or none
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto whole = TransformerLayer<64, Attention<4, 2, 16, Bidirectional>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto last = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#else
constexpr auto last = whole;
#endif
constexpr auto model = Embedding<100, 64> >> Repeat<2, whole> >> last;
