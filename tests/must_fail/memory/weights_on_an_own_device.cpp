// expect: Refused; At<model>; does_not_fit<needed<; available<1048576>; UseWeights<DType::bf16>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board", .memory_bytes = 1 << 20};
};
constexpr auto model = Embedding<512, 64> >> Repeat<4, TransformerLayer<64, Attention<4, 4, 16>, SwiGlu<256>>>;
#ifdef MUST_FAIL
constexpr auto tuned = tune<"model", Policy<Weights<DType::fp32>>>(model);
#else
constexpr auto tuned = tune<"model", Policy<Weights<DType::bf16>>>(model);
#endif
static_assert(accepts<tuned, Board, Batch<1>, Context<64>>);
