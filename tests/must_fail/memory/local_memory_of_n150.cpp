// expect: Refused; At<layer<0>, Attention<8, 8, 512>; buffers_exceed_local_memory; available<1393312>; UseChunk<1024>
// words: layers.0.attention: the prompt's attention needs 1884672 bytes of a core's own memory, which has 1393312; try: take 1024 prompt tokens a step: chunk=1024, Policy<Chunk<1024>> or TokensPerStep<1024>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

// Prompt attention keeps a chunk of queries, keys and values in L1.
constexpr auto model = Embedding<1024, 4096> >> Repeat<2, TransformerLayer<4096, Attention<8, 8, 512>, SwiGlu<14336>>>;
#ifdef MUST_FAIL
constexpr auto step = TokensPerStep<2048>;
#else
constexpr auto step = TokensPerStep<1024>;
#endif
static_assert(accepts<model, ttnn::wormhole_n150, Batch<1>, Context<4096>, step>);
