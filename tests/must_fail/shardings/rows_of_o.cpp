// expect: Refused; At<layer<0>, Attention<8, 8, 80>>; rows_do_not_divide<rows<640>, chips<8>, tile<32>>; UseMesh<1, 4>
// words: layers.0.attention: 640 rows do not divide over 8 chips in tiles of 32; try: use a mesh of 1 x 4 chips: --mesh 1x4, Mesh<Chip, 1, 4>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

// 8 heads of 80 are 640 rows of the output product: 80 a chip, which are no whole tiles.
constexpr auto model = Embedding<32000, 1024> >> Repeat<8, TransformerLayer<1024, Attention<8, 8, 80>, SwiGlu<4096>>>;
#ifdef MUST_FAIL
using device = Mesh<ttnn::wormhole, 1, 8>;
#else
using device = Mesh<ttnn::wormhole, 1, 4>;
#endif
static_assert(accepts<model, device, Batch<1>, Context<4096>>);
