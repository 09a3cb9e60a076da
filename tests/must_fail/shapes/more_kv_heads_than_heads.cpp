// expect: Refused; At<layer<0>, Attention<6, 12, 16>>; kv_heads_do_not_divide_heads<heads<6>, kv_heads<12>>; UseKvHeads<6>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto attention = Attention<6, 12, 16>;
#else
constexpr auto attention = Attention<6, 6, 16>;
#endif
constexpr auto model = Embedding<100, 96> >> TransformerLayer<96, attention, Mlp<384, Gelu>>;
