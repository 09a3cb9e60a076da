// expect: Refused; At<layer<0>, Attention<4, 2, 16; window_is_causal<keys<9>>; LeaveWindowOut<>
// words: layers.0.attention: a sliding window ends at a token itself, here after 9 keys, but the attention is bidirectional; try: leave SlidingWindow or Bidirectional out
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto attention = Attention<4, 2, 16, Bidirectional, SlidingWindow<9>>;
#else
constexpr auto attention = Attention<4, 2, 16, Bidirectional>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>>;
