// expect: Refused, layer<0>, Attention, no_kernel_for_kv, DType::int8, UseKv<, bf16
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<Kv<DType::int8>>;
#else
constexpr auto policy = Policy<Kv<DType::fp16>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
