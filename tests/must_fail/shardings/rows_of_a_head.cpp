// expect: Refused; At<place<1>, Linear<1000, 32000; rows_do_not_divide<rows<1000>, chips<8>, tile<32>>; UseMesh<1, 1>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto head = Linear<1000, 32000, Policy<ShardOf<WeightGroup::head, Sharding::row>>>;
constexpr auto model = RmsNorm<1000> >> head;
#ifdef MUST_FAIL
using device = ttnn::wormhole_t3000;
#else
using device = Mesh<ttnn::wormhole, 1, 1>;
#endif
static_assert(accepts<model, device>);
