// expect: Refused<At<layer<0>, SwiGlu<96, Policy<WithFidelity<Fidelity::hifi2>, Use<Mine>>>>, own_kernel_lacks_product<format<DType::bf16>, operands<DType::bf16>, out<192>, in<64>>, Try<UseFidelity<Fidelity::hifi4>>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr OpKind op = OpKind::gated;
  static constexpr bool supports(const OpShape& s) { return s.operands == DType::fp32; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::MatmulArgs&, kernels::Part) noexcept;
};
#if defined(MUST_FAIL)
constexpr auto policy = Policy<Use<Mine>, HiFi2>;
#else
constexpr auto policy = Policy<Use<Mine>, HiFi4>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96, policy>>;
static_assert(accepts<model, cpu>);
