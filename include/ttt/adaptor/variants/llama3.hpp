// Llama 3.1 and 3.2 (Grattafiori et al., 2024).
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto llama_3_2_1b =
    Embedding<128256, 2048>
    >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64, RopeLlama3<500'000>>, SwiGlu<8192>>>
    >> RmsNorm<2048>
    >> Linear<2048, 128256, TiedTo<"embedding">>;

inline constexpr auto llama_3_2_3b =
    Embedding<128256, 3072>
    >> Repeat<28, TransformerLayer<3072, Attention<24, 8, 128, RopeLlama3<500'000>>, SwiGlu<8192>>>
    >> RmsNorm<3072>
    >> Linear<3072, 128256, TiedTo<"embedding">>;

inline constexpr auto llama_3_1_8b =
    Embedding<128256, 4096>
    >> Repeat<32, TransformerLayer<4096, Attention<32, 8, 128, RopeLlama3<500'000, 8>>, SwiGlu<14336>>>
    >> RmsNorm<4096>
    >> Linear<4096, 128256>;

}  // namespace ttt::variants
