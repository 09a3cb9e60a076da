// expect: Refused; At<place<0>, Embedding<100, 64; no_kernel_for_learned_positions<positions<1024>>; UseRotaryPositions<>
// words: embedding: the device has no kernel that adds learned positions, and the model has 1024 of them; try: no policy changes what a model computes: use a model with rotary positions, or a device that has the kernel
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Board {
  static constexpr DeviceTraits traits{.name = "board"};
};
#ifdef MUST_FAIL
constexpr auto embedding = Embedding<100, 64, LearnedPositions<1024>>;
#else
constexpr auto embedding = Embedding<100, 64>;
#endif
constexpr auto model = embedding >> TransformerLayer<64, Attention<4, 4, 16>, Mlp<256, Gelu>>;
static_assert(accepts<model, Board>);
