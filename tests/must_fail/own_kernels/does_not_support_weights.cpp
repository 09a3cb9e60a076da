// expect: Refused<At<layer<0>, SwiGlu<96, Policy<Use<Mine>>>>, own_kernel_lacks_product<format<DType::bf16>, operands<DType::fp32>, out<192>, in<64>>, Try<UseWeights<DType::fp32>>>
// words: layers.0.mlp: the kernel of its policy does not support bf16 weights with fp32 operands, 192 outputs of 64 inputs; try: use fp32 weights: weights=fp32, Policy<Weights<DType::fp32>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr OpKind op = OpKind::gated;
  static constexpr bool supports(const OpShape& s) { return s.weights == DType::fp32; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::MatmulArgs&, kernels::Part) noexcept;
};
#if defined(MUST_FAIL)
constexpr auto policy = Policy<Use<Mine>>;
#else
constexpr auto policy = Policy<Use<Mine>, Weights<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96, policy>>;
static_assert(accepts<model, cpu>);
