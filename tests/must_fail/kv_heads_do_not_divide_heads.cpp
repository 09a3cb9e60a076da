// expect: ttt::Refused<ttt::At<ttt::units::layer<15>, ttt::types::Attention<32, 5, 64>>, ttt::issues::kv_heads_do_not_divide_heads<ttt::units::heads<32>, ttt::units::kv_heads<5>>, ttt::Try<ttt::advices::UseKvHeads<4>>>
#include <ttt/model.hpp>
using namespace ttt;

template <int KvHeads>
constexpr auto layer = TransformerLayer<2048, Attention<32, KvHeads, 64>, SwiGlu<8192>>;
#ifdef MUST_FAIL
constexpr auto last = layer<5>;
#else
constexpr auto last = layer<4>;
#endif
constexpr auto model = Embedding<128256, 2048> >> Repeat<15, layer<8>> >> last >> RmsNorm<2048>;
