// Mistral 7B (Jiang et al., 2023): version 0.1 with a sliding window, 0.3 without one and with a larger
// vocabulary and theta.
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto mistral_7b_v0_1 =
    Embedding<32000, 4096>
    >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128, Rope<10'000>, SlidingWindow<4096>>, SwiGlu<14336>>>
    >> RmsNorm<4096>
    >> Linear<4096, 32000>;

inline constexpr auto mistral_7b_v0_3 =
    Embedding<32768, 4096>
    >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128, Rope<1'000'000>>, SwiGlu<14336>>>
    >> RmsNorm<4096>
    >> Linear<4096, 32768>;

}  // namespace ttt::variants
