// expect: Refused; At<place<1>, Linear<64, 100; tied_to_nothing<embeddings<0>>; AddEmbedding<100, 64>
// words: head: it is tied to a module the model does not have; the model has 0 embeddings; try: begin the model with Embedding<100, 64>, or leave TiedTo out
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto head = RmsNorm<64> >> Linear<64, 100, TiedTo<"embedding">>;
#ifdef MUST_FAIL
constexpr auto model = head;
#else
constexpr auto model = Embedding<100, 64> >> head;
#endif
static_assert(accepts<model, cpu>);
