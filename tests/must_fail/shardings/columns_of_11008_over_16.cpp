// expect: Refused; At<layer<0>, SwiGlu<11008>>; columns_do_not_divide<columns<11008>, chips<16>, tile<32>>; UseMesh<1, 8>
// words: layers.0.mlp: 11008 columns do not divide over 16 chips in tiles of 32; try: use a mesh of 1 x 8 chips: --mesh 1x8, Mesh<Chip, 1, 8>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<32000, 4096> >> Repeat<32, TransformerLayer<4096, Attention<32, 32, 128>, SwiGlu<11008>>>
                       >> RmsNorm<4096> >> Linear<4096, 32000>;

// 11008 columns are 344 tiles: over 8 chips 43 each, over 16 no whole number.
#ifdef MUST_FAIL
using device = Mesh<ttnn::wormhole, 1, 16>;
#else
using device = Mesh<ttnn::wormhole, 1, 8>;
#endif
static_assert(accepts<llama, device, Batch<1>, Context<4096>>);
