// expect: Policy
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<HiFi4, Kv<DType::fp16>, HiFi2>;
#else
constexpr auto policy = Policy<HiFi4, Kv<DType::fp16>>;
#endif
constexpr auto attention = Attention<4, 2, 16, policy>;
