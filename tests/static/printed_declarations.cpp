// Printed by declaration_of from tests/declaration_cases.hpp; declaration_test says when it is out of date.
#include <ttt/checks/join.hpp>
#include <ttt/types/view.hpp>
#include "../declaration_cases.hpp"

using namespace ttt;

// clang-format off
constexpr auto printed_llama =
    Embedding<293, 48>
    >> Repeat<3, TransformerLayer<48, Attention<6, 2, 12, Rope<10'000>>, SwiGlu<104>>>
    >> RmsNorm<48>
    >> Linear<48, 293>;

constexpr auto printed_options =
    Embedding<293, 48, EmbeddingScale<6.928203230275509>, LearnedPositions<96>>
    >> Repeat<2, (TransformerLayer<48, Attention<6, 2, 12, RopeLlama3<500'000, 8>, QkvBias, OutputBias, QkNorm<1e-05>, SlidingWindow<9>>, SwiGlu<104, Bias>, Eps<1e-06>>
                  >> TransformerLayer<48, Attention<6, 2, 12, NoRope, QkNorm<>, SoftCap<50>, Scale<0.0625>>, GatedMlp<104, GeluTanh>, Eps<1e-06>>)>
    >> RmsNorm<48>
    >> Linear<48, 293, TiedTo<"embedding">>;

constexpr auto printed_ropes =
    Embedding<293, 48>
    >> TransformerLayer<48, Attention<6, 2, 12, RopeLinear<10'000, 2.5>>, SwiGlu<104>, LayerNorms>
    >> TransformerLayer<48, Attention<6, 2, 12, RopeDynamic<1'000'000, 2, 32>>, Mlp<104, Gelu, Bias>, LayerNorms>
    >> TransformerLayer<48, Attention<6, 2, 12, RopeYarn<10'000, 4, 32, 32, 1, 0, 0, 0, false>>, Mlp<104, Relu2>, LayerNorms, NoBias, Eps<1e-12>>
    >> TransformerLayer<48, Attention<6, 2, 12, Rope<1234567.5>, PartialRotary<0.5>, RopeInterleaved>, GatedMlp<104, QuickGelu>, LayerNorms>
    >> TransformerLayer<48, Attention<6, 2, 12, RopeLlama3<500'000>>, SwiGlu<104>>
    >> LayerNorm<48>
    >> Linear<48, 293, Bias, SoftCap<30>>;

static_assert(ttt::test::same_model(view_of<type_of<printed_llama>>(), ttt::test::declaration_cases[0].view));
static_assert(ttt::test::same_model(view_of<type_of<printed_options>>(), ttt::test::declaration_cases[1].view));
static_assert(ttt::test::same_model(view_of<type_of<printed_ropes>>(), ttt::test::declaration_cases[2].view));
