// Qwen2.5 (Yang et al., 2024), base models.
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto qwen2_5_0_5b =
    Embedding<151936, 896>
    >> Repeat<24, TransformerLayer<896, Attention<14, 2, 64, Rope<1'000'000>, QkvBias>, SwiGlu<4864>, Eps<1e-6>>>
    >> RmsNorm<896, Eps<1e-6>>
    >> Linear<896, 151936, TiedTo<"embedding">>;

inline constexpr auto qwen2_5_1_5b =
    Embedding<151936, 1536>
    >> Repeat<28, TransformerLayer<1536, Attention<12, 2, 128, Rope<1'000'000>, QkvBias>, SwiGlu<8960>, Eps<1e-6>>>
    >> RmsNorm<1536, Eps<1e-6>>
    >> Linear<1536, 151936, TiedTo<"embedding">>;

inline constexpr auto qwen2_5_7b =
    Embedding<152064, 3584>
    >> Repeat<28, TransformerLayer<3584, Attention<28, 4, 128, Rope<1'000'000>, QkvBias>, SwiGlu<18944>, Eps<1e-6>>>
    >> RmsNorm<3584, Eps<1e-6>>
    >> Linear<3584, 152064>;

}  // namespace ttt::variants
