// Small story tellers: the demo model, and the TinyStories models of llama2.c (Karpathy, 2023).
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto demo =
    Embedding<1536, 192>
    >> Repeat<5, TransformerLayer<192, Attention<6, 2, 32, Rope<10'000>>, SwiGlu<512>>>
    >> RmsNorm<192>
    >> Linear<192, 1536, TiedTo<"embedding">>;

inline constexpr auto stories260k =
    Embedding<512, 64>
    >> Repeat<5, TransformerLayer<64, Attention<8, 4, 8, Rope<10'000>>, SwiGlu<172>>>
    >> RmsNorm<64>
    >> Linear<64, 512, TiedTo<"embedding">>;

inline constexpr auto stories15m =
    Embedding<32000, 288>
    >> Repeat<6, TransformerLayer<288, Attention<6, 6, 48, Rope<10'000>>, SwiGlu<768>>>
    >> RmsNorm<288>
    >> Linear<288, 32000, TiedTo<"embedding">>;

}  // namespace ttt::variants
