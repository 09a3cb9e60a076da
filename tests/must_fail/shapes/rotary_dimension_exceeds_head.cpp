// expect: Refused; At<layer<0>, Attention<4, 2, 8; rotary_dimension_exceeds_head<rotary_dim<12>, head_dim<8>>; UseRotaryDimension<8>
// words: layers.0.attention: the rotary dimension 12 exceeds head_dim 8; try: turn 8 of the head's numbers
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr double share = 1.5;
#else
constexpr double share = 1;
#endif
constexpr auto model = Embedding<100, 32> >> TransformerLayer<32, Attention<4, 2, 8, PartialRotary<share>>, SwiGlu<96>>;
