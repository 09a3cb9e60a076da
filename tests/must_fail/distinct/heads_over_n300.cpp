// expect: Refused; At<layer<15>, Attention<15, 5, 64>>; heads_do_not_divide<heads<15>, chips<2>>; Try<UseMesh<1, 1>>
// lines: 12
#include <ttt/model.hpp>
using namespace ttt;

// 32 layers, no two alike: of the meshes that are tried up to 64 chips, those that divide layer 15's heads do not divide the others'.
template <int Heads, int... I>
constexpr auto model_of(std::integer_sequence<int, I...>) {
  return (Embedding<32000, 1024> >> ... >>
          TransformerLayer<1024, Attention<I == 15 ? Heads : 16, I == 15 ? Heads / 3 : 8, 64>, SwiGlu<2048 + 64 * I>>);
}
template <int Heads>
constexpr auto model = model_of<Heads>(std::make_integer_sequence<int, 32>{});

#if defined(MUST_FAIL)
static_assert(accepts<model<15>, Mesh<ttnn::wormhole_n150, 1, 2>, Batch<1>, Context<4096>>);
#elif defined(SUGGESTED)
static_assert(accepts<model<15>, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
#else
static_assert(accepts<model<12>, ttnn::wormhole_n300, Batch<1>, Context<4096>>);
#endif
