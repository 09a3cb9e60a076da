// expect: Refused; At<layer<0>, Attention<4, 2, 16; paged_kv_is_not_supported<page<256>>; UseKvForm<KvForm::contiguous>
// words: layers.0.attention: the device keeps keys and values contiguous, but pages of 256 positions were asked for; try: use kv_form=contiguous, Policy<ContiguousKv>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board", .supports = {.kv_form = {KvForm::contiguous}}};
};

#ifdef MUST_FAIL
constexpr auto policy = Policy<PagedKv<256>>;
#else
constexpr auto policy = Policy<ContiguousKv>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, Board>);
