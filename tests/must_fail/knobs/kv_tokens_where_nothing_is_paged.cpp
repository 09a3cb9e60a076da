// expect: Refused; At<model>; kv_tokens_need_pages<positions<8192>>; LeaveKvTokensOut<>
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board", .supports = {.kv_form = {KvForm::contiguous}}};
};

constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#if defined(MUST_FAIL)
static_assert(accepts<model, Board, Batch<16>, Context<2048>, KvTokens<8192>>);
#elif defined(SUGGESTED)
static_assert(accepts<model, Board, Batch<16>, Context<2048>>);
#else
static_assert(accepts<model, cpu, Batch<16>, Context<2048>>);
#endif
