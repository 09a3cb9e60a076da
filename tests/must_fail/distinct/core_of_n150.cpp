// expect: Refused; At<layer<15>, SwiGlu<65536, Policy<; buffers_exceed_local_memory<; available<1393312>; Try<UseMesh<1, 2>>
// lines: 12
#include <ttt/model.hpp>
using namespace ttt;

// 32 layers, no two alike, are within what compilers evaluate by default.
template <int Wide, int... I>
constexpr auto model_of(std::integer_sequence<int, I...>) {
  return (Embedding<128256, 2048> >> ... >>
          TransformerLayer<2048, Attention<32, 8, 64>,
                           SwiGlu<I == 15 ? Wide : 4096 + 64 * I, Policy<Weights<DType::bf16>, Accumulate<DType::fp32>>>>);
}
template <int Wide>
constexpr auto model = model_of<Wide>(std::make_integer_sequence<int, 32>{});

#if defined(MUST_FAIL)
static_assert(accepts<model<65536>, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
#elif defined(SUGGESTED)
static_assert(accepts<model<65536>, Mesh<ttnn::wormhole, 1, 2>, Batch<1>, Context<4096>>);
#else
static_assert(accepts<model<8192>, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
#endif
