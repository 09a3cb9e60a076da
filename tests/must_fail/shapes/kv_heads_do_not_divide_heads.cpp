// expect: ttt::Refused<ttt::At<ttt::units::layer<15>, ttt::types::Attention<32, 5, 64>>, ttt::issues::kv_heads_do_not_divide_heads<ttt::units::heads<32>, ttt::units::kv_heads<5>>, ttt::Try<ttt::advices::UseKvHeads<4>>>
// words: layers.15.attention: 5 kv heads do not divide 32 heads; try: use 4 kv heads
// lines: 12
#include <ttt/model.hpp>
using namespace ttt;

// 32 layers, number 15 written out and wrong.
template <int KvHeads>
constexpr auto layer = TransformerLayer<2048, Attention<32, KvHeads, 64>, SwiGlu<8192>>;
#if defined(MUST_FAIL)
constexpr auto odd = layer<5>;
#elif defined(SUGGESTED)
constexpr auto odd = layer<4>;
#else
constexpr auto odd = layer<8>;
#endif
constexpr auto model = Embedding<128256, 2048> >> Repeat<15, layer<8>> >> odd >> Repeat<16, layer<8>> >> RmsNorm<2048>;
