// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_qkv_layout<qkv_order<QkvLayout::column_parallel>>; UseQkvLayout<QkvLayout::plain>
// words: layers.0.attention: the device has no kernel for qkv_layout=column_parallel; try: use qkv_layout=plain, Policy<PlainQkv>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<ColumnParallelQkv>;
#else
constexpr auto policy = Policy<PlainQkv>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
