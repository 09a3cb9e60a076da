// BERT (Devlin et al., 2018), and an encoder of sentences of its family: all-MiniLM-L6-v2 (Wang et al., 2020; Reimers and
// Gurevych, 2019).
#pragma once

#include <ttt/checks/join.hpp>

namespace ttt::variants {

inline constexpr auto all_minilm_l6_v2 =
    Embedding<30522, 384, LearnedPositions<512>, TokenTypes<2>>
    >> LayerNorm<384, Eps<1e-12>>
    >> Repeat<6, TransformerLayer<384, Attention<12, 12, 32, NoRope, QkvBias, OutputBias, Bidirectional>, Mlp<1536, Gelu, Bias>, LayerNorms, PostNorm, Eps<1e-12>>>
    >> Pooler<384>;

inline constexpr auto bert_base_uncased =
    Embedding<30522, 768, LearnedPositions<512>, TokenTypes<2>>
    >> LayerNorm<768, Eps<1e-12>>
    >> Repeat<12, TransformerLayer<768, Attention<12, 12, 64, NoRope, QkvBias, OutputBias, Bidirectional>, Mlp<3072, Gelu, Bias>, LayerNorms, PostNorm, Eps<1e-12>>>
    >> Pooler<768>;

}  // namespace ttt::variants
