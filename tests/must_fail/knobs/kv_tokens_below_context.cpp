// expect: Refused; At<model>; kv_tokens_below_context<positions<1024>, context<4096>>; UseKvTokens<4096>
// words: model: 1024 positions for all sequences are fewer than the 4096 that one of them may need; try: plan 4096 positions for all sequences: --kv-tokens 4096, KvTokens<4096>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto positions = KvTokens<1024>;
#elif defined(SUGGESTED)
constexpr auto positions = KvTokens<4096>;
#else
constexpr auto positions = KvTokens<16384>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, Policy<PagedKv<256>>>, SwiGlu<96>>;
static_assert(accepts<model, cpu, Batch<16>, Context<4096>, positions>);
