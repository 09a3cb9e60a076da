// expect: Refused; At<layer<7>, Attention<20, 20, 64>>; heads_do_not_divide<heads<20>, chips<8>>; ShardHeads<4>
#include <ttt/model.hpp>
using namespace ttt;

template <int Heads>
constexpr auto layer = TransformerLayer<2048, Attention<Heads, Heads, 64>, SwiGlu<8192>>;
template <int Heads>
constexpr auto model = Embedding<32000, 2048> >> Repeat<7, layer<32>> >> layer<Heads> >> Repeat<8, layer<32>>;
#if defined(MUST_FAIL)
static_assert(accepts<model<20>, Mesh<ttnn::wormhole, 1, 8>, Batch<1>, Context<4096>>);
#elif defined(SUGGESTED)
static_assert(accepts<model<20>, Mesh<ttnn::wormhole, 1, 4>, Batch<1>, Context<4096>>);
#else
static_assert(accepts<model<16>, ttnn::wormhole_t3000, Batch<1>, Context<4096>>);
#endif
