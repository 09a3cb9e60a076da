// expect: Refused; At<place<2>, Pooler<64>>; pooler_needs_bidirectional<width<64>>; UseBidirectional<>
// words: pooler: a pooler reads a sequence's first row of 64 numbers, which has seen no other where attention is causal; try: make the attentions Bidirectional, or use a Linear for the last module
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto attention = Attention<4, 2, 16>;
#else
constexpr auto attention = Attention<4, 2, 16, Bidirectional>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>> >> Pooler<64>;
