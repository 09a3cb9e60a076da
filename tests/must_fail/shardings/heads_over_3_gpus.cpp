// expect: Refused; At<layer<0>, Attention<32, 8, 64>>; heads_do_not_divide<heads<32>, chips<3>>; ShardHeads<2>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#ifdef MUST_FAIL
using device = Mesh<cuda::h100, 1, 3>;
#else
using device = Mesh<cuda::h100, 1, 2>;
#endif
static_assert(accepts<llama, device, Batch<8>, Context<4096>>);
