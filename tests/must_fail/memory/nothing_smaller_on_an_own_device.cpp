// expect: Refused; At<model>; does_not_fit<needed<; available<65536>; UseLargerDevice<
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

template <int Bytes>
struct Board {
  static constexpr DeviceTraits traits{.name = "board", .memory_bytes = Bytes};
};
constexpr auto model = Embedding<512, 64> >> Repeat<4, TransformerLayer<64, Attention<4, 4, 16>, SwiGlu<256>>>;
#ifdef MUST_FAIL
using device = Board<1 << 16>;
#else
using device = Board<1 << 21>;
#endif
static_assert(accepts<model, device, Batch<1>, Context<64>>);
