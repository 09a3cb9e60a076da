// expect: Refused; At<place<1>, RmsNorm<32>>; widths_differ<takes<32>, given<64>>; UseWidth<64>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

// A model may be made in a function or a template; the sentence is the same.
template <int Width>
constexpr auto build() {
  return Embedding<100, 64> >> RmsNorm<Width>;
}
#ifdef MUST_FAIL
constexpr auto model = build<32>();
#else
constexpr auto model = build<64>();
#endif
