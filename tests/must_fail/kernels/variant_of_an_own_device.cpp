// expect: Refused; At<layer<0>, Attention<4, 2, 16>; no_kernel_for_variant<variant<KernelVariant::flash>>; UseKernel<KernelVariant::naive>
// words: layers.0.attention: the device has no flash kernel for this op; try: use kernel=naive, Policy<Kernel<KernelVariant::naive>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board", .supports = {.kernel = {KernelVariant::naive, KernelVariant::fused}}};
};

constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto model = Embedding<100, 64> >> layer;  // the default is an attention with an online softmax
#else
constexpr auto model = tune<"layers.*.attention", Policy<Kernel<KernelVariant::naive>>>(Embedding<100, 64> >> layer);
#endif
static_assert(accepts<model, Board>);
