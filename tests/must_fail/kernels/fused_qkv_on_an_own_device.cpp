// expect: Refused; At<layer<0>, Attention<4, 2, 16>; no_kernel_for_qkv_form<qkv_form<QkvForm::fused>>; UseQkv<QkvForm::separate>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board", .supports = {.qkv = {QkvForm::separate}}};
};

constexpr auto plain = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto model = plain;
#else
constexpr auto model = tune<"model", Policy<SeparateQkv>>(plain);
#endif
static_assert(accepts<model, Board>);
