// expect: a module takes one Policy
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto attention = Attention<4, 2, 16, Policy<HiFi4>, Policy<Kv<DType::fp16>>>;
#else
constexpr auto attention = Attention<4, 2, 16, Policy<HiFi4, Kv<DType::fp16>>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, attention, SwiGlu<96>>;
