// expect: Refused; At<place<1>, Linear<64, 100; tied_formats_differ<format<DType::fp32>, format<DType::bf16>>; UseOneTableFormat<DType::fp32>
// words: head: embedding and tied head share one table, but their formats are fp32 and bf16; try: give both fp32 weights: weights=fp32, Policy<Weights<DType::fp32>>, or leave TiedTo out
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto head_format = Policy<Weights<DType::bf16>>;
#else
constexpr auto head_format = Policy<Weights<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64, Policy<Weights<DType::fp32>>> >> Linear<64, 100, TiedTo<"embedding">, head_format>;
static_assert(accepts<model, cpu>);
