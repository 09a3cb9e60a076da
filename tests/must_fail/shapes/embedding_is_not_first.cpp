// expect: Refused; At<place<2>, Embedding<100, 64>>; embedding_is_not_first<modules<2>>; PutEmbeddingFirst<>
// words: embedding: token ids enter a model at its start, but 2 modules precede this embedding; try: begin the model with the embedding
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto layer = TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto model = RmsNorm<64> >> Linear<64, 64> >> Embedding<100, 64> >> layer;
#else
constexpr auto model = Embedding<100, 64> >> RmsNorm<64> >> Linear<64, 64> >> layer;
#endif
