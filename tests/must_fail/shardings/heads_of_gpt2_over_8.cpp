// expect: Refused; At<layer<0>, Attention<12, 12, 64>>; heads_do_not_divide<heads<12>, chips<8>>; ShardHeads<6>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto gpt2 = Embedding<50304, 768> >> Repeat<12, TransformerLayer<768, Attention<12, 12, 64>, Mlp<3072, Gelu>>>
                      >> RmsNorm<768> >> Linear<768, 50304>;
#if defined(MUST_FAIL)
using device = Mesh<ttnn::wormhole, 1, 8>;
#elif defined(SUGGESTED)
using device = Mesh<ttnn::wormhole, 1, 6>;
#else
using device = Mesh<ttnn::wormhole, 1, 4>;
#endif
static_assert(accepts<gpt2, device, Batch<1>, Context<1024>>);
