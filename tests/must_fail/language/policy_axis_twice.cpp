// expect[gcc]: invalid variable template, Policy<ttt::HiFi4, ttt::Kv<ttt::DType::fp16>, ttt::HiFi2>
// expect[clang]: constraints not satisfied for variable template 'Policy', Fidelity::hifi4, Fidelity::hifi2
#include <ttt/model.hpp>
using namespace ttt;

#ifdef MUST_FAIL
constexpr auto policy = Policy<HiFi4, Kv<DType::fp16>, HiFi2>;
#else
constexpr auto policy = Policy<HiFi4, Kv<DType::fp16>>;
#endif
constexpr auto attention = Attention<4, 2, 16, policy>;
