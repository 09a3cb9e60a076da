// expect: Refused; At<place<2>, Linear<64, 101; tied_shapes_differ<out<101>, in<64>, vocab<100>, hidden<64>>; UseTiedLinear<64, 100>
// words: head: its weights are [101, 64] but the table it is tied to is [100, 64]; try: declare it as Linear<64, 100, TiedTo<"embedding">>, or leave TiedTo out
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto head = Linear<64, 101, TiedTo<"embedding">>;
#else
constexpr auto head = Linear<64, 100, TiedTo<"embedding">>;
#endif
constexpr auto model = Embedding<100, 64> >> RmsNorm<64> >> head;
