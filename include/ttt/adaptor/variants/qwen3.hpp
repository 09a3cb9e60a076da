// Qwen3 (Yang et al., 2025), dense models.
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto qwen3_0_6b =
    Embedding<151936, 1024>
    >> Repeat<28, TransformerLayer<1024, Attention<16, 8, 128, Rope<1'000'000>, QkNorm<>>, SwiGlu<3072>, Eps<1e-6>>>
    >> RmsNorm<1024, Eps<1e-6>>
    >> Linear<1024, 151936, TiedTo<"embedding">>;

inline constexpr auto qwen3_1_7b =
    Embedding<151936, 2048>
    >> Repeat<28, TransformerLayer<2048, Attention<16, 8, 128, Rope<1'000'000>, QkNorm<>>, SwiGlu<6144>, Eps<1e-6>>>
    >> RmsNorm<2048, Eps<1e-6>>
    >> Linear<2048, 151936, TiedTo<"embedding">>;

inline constexpr auto qwen3_4b =
    Embedding<151936, 2560>
    >> Repeat<36, TransformerLayer<2560, Attention<32, 8, 128, Rope<1'000'000>, QkNorm<>>, SwiGlu<9728>, Eps<1e-6>>>
    >> RmsNorm<2560, Eps<1e-6>>
    >> Linear<2560, 151936, TiedTo<"embedding">>;

inline constexpr auto qwen3_8b =
    Embedding<151936, 4096>
    >> Repeat<36, TransformerLayer<4096, Attention<32, 8, 128, Rope<1'000'000>, QkNorm<>>, SwiGlu<12288>, Eps<1e-6>>>
    >> RmsNorm<4096, Eps<1e-6>>
    >> Linear<4096, 151936>;

}  // namespace ttt::variants
