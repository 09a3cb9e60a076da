// expect: Refused; At<layer<0>, Attention<4, 2, 16; page_does_not_divide_context<page<-64>, context<4096>>; UsePage<1>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto policy = Policy<PagedKv<-64>>;
#elif defined(SUGGESTED)
constexpr auto policy = Policy<PagedKv<1>>;
#else
constexpr auto policy = Policy<PagedKv<64>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cuda::b200, Batch<1>, Context<4096>>);
