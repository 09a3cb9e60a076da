// SmolLM2 (Ben Allal et al., 2025) and TinyLlama (Zhang et al., 2024): Llama's shape.
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto smollm2_135m =
    Embedding<49152, 576>
    >> Repeat<30, TransformerLayer<576, Attention<9, 3, 64, Rope<100'000>>, SwiGlu<1536>>>
    >> RmsNorm<576>
    >> Linear<576, 49152, TiedTo<"embedding">>;

inline constexpr auto smollm2_360m =
    Embedding<49152, 960>
    >> Repeat<32, TransformerLayer<960, Attention<15, 5, 64, Rope<100'000>>, SwiGlu<2560>>>
    >> RmsNorm<960>
    >> Linear<960, 49152, TiedTo<"embedding">>;

inline constexpr auto smollm2_1_7b =
    Embedding<49152, 2048>
    >> Repeat<24, TransformerLayer<2048, Attention<32, 32, 64, Rope<130'000>>, SwiGlu<8192>>>
    >> RmsNorm<2048>
    >> Linear<2048, 49152, TiedTo<"embedding">>;

inline constexpr auto tinyllama_1_1b =
    Embedding<32000, 2048>
    >> Repeat<22, TransformerLayer<2048, Attention<32, 4, 64, Rope<10'000>>, SwiGlu<5632>>>
    >> RmsNorm<2048>
    >> Linear<2048, 32000>;

}  // namespace ttt::variants
