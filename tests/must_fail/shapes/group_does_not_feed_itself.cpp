// expect: Refused; At<layer<1>, Linear<64, 32>>; widths_differ<takes<64>, given<32>>; UseWidth<32>
#include <ttt/model.hpp>
using namespace ttt;

// Repeated, it is given its own output.
#if defined(MUST_FAIL)
constexpr auto model = Embedding<100, 64> >> Repeat<2, Linear<64, 32>>;
#elif defined(SUGGESTED)
constexpr auto model = Embedding<100, 64> >> Linear<64, 32> >> Linear<32, 32>;
#else
constexpr auto model = Embedding<100, 64> >> Repeat<2, Linear<64, 64>>;
#endif
