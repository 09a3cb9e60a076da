// expect: Refused; At<place<2>, Pooler<64>>; pooler_is_not_last<modules<1>>; PutPoolerLast<>
// words: pooler: a pooler gives one row for a sequence, and 1 modules follow it; try: end the model with the pooler
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto encoder = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, Bidirectional>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto model = encoder >> Pooler<64> >> Linear<64, 64>;
#else
constexpr auto model = encoder >> Linear<64, 64> >> Pooler<64>;
#endif
