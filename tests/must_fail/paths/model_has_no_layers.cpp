// expect: Refused; At<model>; path_names_nothing<layers<0>>; NameModulePath<>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto table = Embedding<100, 64> >> RmsNorm<64> >> Linear<64, 100>;
#ifdef MUST_FAIL
constexpr auto tuned = tune<"layers.*.attention", Policy<HiFi4>>(table);
#else
constexpr auto tuned = tune<"model", Policy<HiFi4>>(table);
#endif
