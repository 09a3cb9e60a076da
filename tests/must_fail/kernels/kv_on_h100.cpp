// expect: Refused; At<layer<0>, Attention<4, 2, 16; no_kernel_for_kv<format<DType::bfloat8_b>>; UseKv<DType::bf16>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto kv = Policy<Kv<DType::bfloat8_b>, PagedKv<64>>;
#else
constexpr auto kv = Policy<Kv<DType::bf16>, PagedKv<64>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, kv>, Mlp<96, Gelu>>;
static_assert(accepts<model, cuda::h100>);
