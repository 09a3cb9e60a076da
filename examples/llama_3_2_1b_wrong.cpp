// The same model with one mistake: the last layer has 5 kv heads, which 32 heads cannot share evenly. It does not
// compile, and the compiler's first error line is the sentence below (tests/examples.py holds it to that; `...` stands for the rope).
//
// expect: Refused<ttt::At<ttt::units::layer<15>, ttt::types::Attention<32, 5, 64, ... ttt::issues::kv_heads_do_not_divide_heads<ttt::units::heads<32>, ttt::units::kv_heads<5>>, ttt::Try<ttt::advices::UseKvHeads<4>>>
#include <ttt/model.hpp>

using namespace ttt;

constexpr auto llama_3_2_1b =
    Embedding<128256, 2048>
    >> Repeat<15, TransformerLayer<2048, Attention<32, 8, 64, RopeLlama3<500'000>>, SwiGlu<8192>>>
    >> TransformerLayer<2048, Attention<32, 5, 64, RopeLlama3<500'000>>, SwiGlu<8192>>
    >> RmsNorm<2048>
    >> Linear<2048, 128256, TiedTo<"embedding">>;
