// expect: Refused; At<layer<0>, SwiGlu<96; no_kernel_for_layout<tensor_layout<Layout::tile_major>>; UseLayout<Layout::row_major>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<TileMajor>;
#else
constexpr auto policy = Policy<RowMajor>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96, policy>>;
static_assert(accepts<model, cuda::a100>);
