// expect[gcc]: no matching function for call to; tune
// expect[clang]: no matching function for call to 'tune'
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>;
#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.0">(model);
#else
constexpr auto tuned = tune<"layers.0", Policy<HiFi4>>(model);
#endif
