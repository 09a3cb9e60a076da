// expect[gcc]: invalid variable template; Repeat
// expect[clang]: constraints not satisfied for variable template 'Repeat'
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto run = Repeat<4, layer, Policy<HiFi4>, Policy<Kv<DType::fp16>>>;
#else
constexpr auto run = Repeat<4, layer, Policy<HiFi4, Kv<DType::fp16>>>;
#endif
constexpr auto model = Embedding<100, 64> >> run;
