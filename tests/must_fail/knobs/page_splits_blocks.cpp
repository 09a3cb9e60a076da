// expect: Refused; At<layer<0>, Attention<4, 2, 16; page_splits_blocks<page<700>, block<256>>; UsePage<768>
// words: layers.0.attention: pages of 700 positions split the blocks of 256 that the device's attention adds up in; try: use pages of 768 positions: page=768, Policy<PagedKv<768>>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto policy = Policy<PagedKv<700>>;
#elif defined(SUGGESTED)
constexpr auto policy = Policy<PagedKv<768>>;
#else
constexpr auto policy = Policy<PagedKv<256>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu, Batch<4>, Context<1000>>);
