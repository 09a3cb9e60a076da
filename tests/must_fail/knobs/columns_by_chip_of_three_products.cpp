// expect: Refused; At<layer<0>, Attention<32, 8, 64>; layout_needs_fused_qkv<qkv_form<QkvForm::separate>>; UseQkv<QkvForm::fused>
// words: layers.0.attention: the columns of q, k and v are to lie by chip, but the products are separate; try: use qkv=fused, Policy<FusedQkv>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"model", Policy<SeparateQkv, ColumnParallelQkv>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"model", Policy<FusedQkv, ColumnParallelQkv>>(llama);
#else
constexpr auto tuned = tune<"model", Policy<SeparateQkv>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_t3000, Batch<1>, Context<4096>>);
