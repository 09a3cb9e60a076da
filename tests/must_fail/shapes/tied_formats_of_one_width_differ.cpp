// expect: Refused; At<place<2>, Linear<64, 100; tied_formats_differ<format<DType::fp16>, format<DType::bf16>>; UseOneTableFormat<DType::fp16>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

constexpr auto tied = Embedding<100, 64> >> RmsNorm<64> >> Linear<64, 100, TiedTo<"embedding">>;
constexpr auto table = tune<"embedding", Policy<Weights<DType::fp16>>>(tied);
#ifdef MUST_FAIL
constexpr auto model = table;  // the head is as stored: bf16 in a plan without a checkpoint
#else
constexpr auto model = tune<"head", Policy<Weights<DType::fp16>>>(table);
#endif
static_assert(accepts<model, cpu>);
