// expect: Refused; At<place<0>, Embedding<1000, 48>>; columns_do_not_divide<columns<48>, chips<4>, tile<32>>; UseMesh<1, 1>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto model = Embedding<1000, 48> >> RmsNorm<48>;
#ifdef MUST_FAIL
using device = Mesh<ttnn::blackhole, 1, 4>;
#else
using device = Mesh<ttnn::blackhole, 1, 1>;
#endif
static_assert(accepts<model, device>);
