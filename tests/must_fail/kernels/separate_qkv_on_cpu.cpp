// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_qkv_form<qkv_form<QkvForm::separate>>; UseQkv<QkvForm::fused>
// words: layers.0.attention: the device has no kernel for qkv=separate; try: use qkv=fused, Policy<FusedQkv>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<SeparateQkv>;
#else
constexpr auto policy = Policy<FusedQkv>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
