// GPT-2 (Radford et al., 2019), the smallest.
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto gpt2 =
    Embedding<50257, 768, LearnedPositions<1024>>
    >> Repeat<12, TransformerLayer<768, Attention<12, 12, 64, NoRope, QkvBias, OutputBias>, Mlp<3072, GeluTanh, Bias>, LayerNorms>>
    >> LayerNorm<768>
    >> Linear<768, 50257, TiedTo<"embedding">>;

}  // namespace ttt::variants
