// expect: Refused; At<layer<0>, Attention<4, 2, 16>; contiguous_kv_is_not_supported<positions<4096>>; UseKvForm<KvForm::paged>
// words: layers.0.attention: the device keeps keys and values in pages, but one block for 4096 positions was asked for; try: use kv_form=paged, Policy<PagedKv<32>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board", .supports = {.kv_form = {KvForm::paged}}};
};

constexpr auto plain = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto model = plain;
#else
constexpr auto model = tune<"layers.*.attention", Policy<PagedKv<32>>>(plain);
#endif
static_assert(accepts<model, Board, Context<4096>>);
