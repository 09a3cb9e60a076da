// expect: Refused; At<layer<0>, SwiGlu<11007>>; columns_do_not_divide<columns<11007>, chips<2>, tile<1>>; UseMesh<1, 1>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto mlp = SwiGlu<11007>;
#else
constexpr auto mlp = SwiGlu<11008>;
#endif
constexpr auto model = Embedding<32000, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 32, 128>, mlp>>;
#ifdef MUST_FAIL
using device = Mesh<cuda::a100, 1, 2>;
#else
using device = Mesh<cuda::a100, 1, 2>;
#endif
static_assert(accepts<model, device, Batch<1>, Context<4096>>);
