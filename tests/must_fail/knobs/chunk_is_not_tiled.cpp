// expect: Refused; At<model>; chunk_is_not_tiled<chunk<100>, tile<32>>; UseChunk<128>
// words: model: a chunk of 100 prompt tokens is no multiple of the device's tiles of 32; try: take 128 prompt tokens a step: chunk=128, Policy<Chunk<128>> or TokensPerStep<128>
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto llama = Embedding<128256, 2048> >> Repeat<16, TransformerLayer<2048, Attention<32, 8, 64>, SwiGlu<8192>>>
                       >> RmsNorm<2048> >> Linear<2048, 128256>;

#if defined(MUST_FAIL)
constexpr auto tuned = tune<"model", Policy<Chunk<100>>>(llama);
#elif defined(SUGGESTED)
constexpr auto tuned = tune<"model", Policy<Chunk<128>>>(llama);
#else
constexpr auto tuned = tune<"model", Policy<Chunk<256>>>(llama);
#endif
static_assert(accepts<tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>);
