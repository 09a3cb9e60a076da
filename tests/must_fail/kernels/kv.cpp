// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_kv<format<DType::bfloat8_b>>; UseKv<DType::int8>
// words: layers.0.attention: the device has no kernel for keys and values in bfloat8_b; try: keep keys and values in int8: kv=int8, Policy<Kv<DType::int8>>
#include <ttt/model.hpp>
using namespace ttt;

#if defined(MUST_FAIL)
constexpr auto policy = Policy<Kv<DType::bfloat8_b>>;
#elif defined(SUGGESTED)
constexpr auto policy = Policy<Kv<DType::int8>>;
#else
constexpr auto policy = Policy<Kv<DType::fp16>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
