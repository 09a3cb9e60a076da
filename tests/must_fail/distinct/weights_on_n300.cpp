// expect: Refused; At<model>; does_not_fit<needed<; available<12872318208>; Try<UseWeights<DType::bfloat4_b>>
#include <ttt/model.hpp>
using namespace ttt;

// 32 layers, no two alike.
template <int... I>
constexpr auto layers_of(std::integer_sequence<int, I...>) {
  return (Embedding<128256, 8192> >> ... >> TransformerLayer<8192, Attention<64, 8, 128>, SwiGlu<12288 + 1024 * I>>);
}
constexpr auto layers = layers_of(std::make_integer_sequence<int, 32>{});

#if defined(MUST_FAIL)
constexpr auto model = layers;
#elif defined(SUGGESTED)
constexpr auto model = tune<"model", Policy<Weights<DType::bfloat4_b>>>(layers);
#else
constexpr auto model = tune<"layers.0-30", Policy<Weights<DType::bfloat4_b>>>(layers);
#endif
static_assert(accepts<model, ttnn::wormhole_n300, Batch<1>, Context<4096>>);
