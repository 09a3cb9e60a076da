// expect: Refused, place<1>, Linear, tied_formats_differ, format<ttt::DType::fp32>, format<ttt::DType::bf16>, UseOneTableFormat<ttt::DType::fp32>
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto head_format = Policy<Weights<DType::bf16>>;
#else
constexpr auto head_format = Policy<Weights<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64, Policy<Weights<DType::fp32>>> >> Linear<64, 100, TiedTo<"embedding">, head_format>;
static_assert(accepts<model, cpu>);
