// expect: Refused; At<layer<0>, Attention<4, 2, 6; rotary_dimension_is_odd<rotary_dim<3>, head_dim<6>>; UseRotaryDimension<2>
// words: layers.0.attention: the rotary embedding turns pairs, but its dimension is 3 (head_dim 6); try: turn 2 of the head's numbers
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr double share = 0.5;
#else
constexpr double share = 2.0 / 6;
#endif
constexpr auto model = Embedding<100, 24> >> TransformerLayer<24, Attention<4, 2, 6, PartialRotary<share>>, SwiGlu<96>>;
