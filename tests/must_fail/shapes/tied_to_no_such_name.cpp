// expect: Refused; At<place<2>, Linear<64, 100; tied_to_nothing<embeddings<1>>; UseTiedLinear<64, 100>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto head = Linear<64, 100, TiedTo<"embeddings">>;
#elif defined(SUGGESTED)
constexpr auto head = Linear<64, 100, TiedTo<"embedding">>;
#else
constexpr auto head = Linear<64, 100>;  // "or leave TiedTo out"
#endif
constexpr auto model = Embedding<100, 64> >> RmsNorm<64> >> head;
