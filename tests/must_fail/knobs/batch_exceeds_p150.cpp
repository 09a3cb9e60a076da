// expect: Refused; At<model>; batch_exceeds_device<batch<33>, limit<32>>; UseBatch<32>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto batch = Batch<33>;
#else
constexpr auto batch = Batch<32>;
#endif
constexpr auto model = Embedding<32000, 1024> >> Repeat<2, TransformerLayer<1024, Attention<16, 4, 64>, SwiGlu<4096>>>;
static_assert(accepts<model, ttnn::blackhole_p150, batch, Context<2048>>);
