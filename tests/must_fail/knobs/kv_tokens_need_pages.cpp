// expect: Refused; At<model>; kv_tokens_need_pages<positions<8192>>; UsePagedKv<256>
// words: model: 8192 positions are to be shared by all sequences, but keys and values are not kept in pages; try: keep them in pages of 256 positions: kv_form=paged,page=256, Policy<PagedKv<256>>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto policy = Policy<ContiguousKv>;
#elif defined(SUGGESTED)
constexpr auto policy = Policy<PagedKv<256>>;
#else
constexpr auto policy = Policy<PagedKv<512>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu, Batch<16>, Context<2048>, KvTokens<8192>>);
