// expect: Refused; At<model>; does_not_fit<needed<; available<80000000000>; UseMesh<1, 2>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 8192> >> Repeat<80, TransformerLayer<8192, Attention<64, 8, 128>, SwiGlu<28672>>>
                       >> RmsNorm<8192> >> Linear<8192, 128256>;

#ifdef MUST_FAIL
using device = cuda::h100;
#else
using device = Mesh<cuda::h100, 1, 2>;
#endif
static_assert(accepts<llama, device, Batch<1>, Context<4096>>);
