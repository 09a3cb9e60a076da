// expect: Refused; At<layer<0>, Attention<48, 8, 128>>; kv_heads_do_not_divide<kv_heads<8>, chips<12>>; ShardHeads<8>
#include <ttt/model.hpp>
using namespace ttt;

// The control: 8 kv heads over 16 chips, each kept by two.
constexpr auto model = Embedding<32000, 6144> >> Repeat<4, TransformerLayer<6144, Attention<48, 8, 128>, SwiGlu<16384>>>;
#if defined(MUST_FAIL)
using device = Mesh<ttnn::wormhole, 1, 12>;
#elif defined(SUGGESTED)
using device = Mesh<ttnn::wormhole, 1, 8>;
#else
using device = Mesh<ttnn::wormhole, 1, 16>;
#endif
static_assert(accepts<model, device, Batch<1>, Context<4096>>);
