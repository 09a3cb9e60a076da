// expect[gcc]: NotAnOptionOf; Kv
// expect[clang]: NotAnOptionOf; Kv
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto attention = Attention<4, 2, 16, Kv<DType::fp16>{}>;
#else
constexpr auto attention = Attention<4, 2, 16, Policy<Kv<DType::fp16>>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>>;
