// expect: Refused<At<layer<0>, Attention<4, 2, 16, Policy<Use<Mine>>>>, own_kernel_lacks_attention<format<DType::fp16>, head_dim<16>, heads<4>, kv_heads<2>>, Try<UseKv<DType::fp32>>>
// words: layers.0.attention: the kernel of its policy does not support keys and values in fp16 with head_dim 16, 4 heads and 2 kv heads; try: keep keys and values in fp32: kv=fp32, Policy<Kv<DType::fp32>>
// the control is the suggestion
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape& s) { return s.kv == DType::fp32; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
};
#if defined(MUST_FAIL)
constexpr auto policy = Policy<Use<Mine>>;
#else
constexpr auto policy = Policy<Use<Mine>, Kv<DType::fp32>>;
#endif
constexpr auto model = Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16, policy>, SwiGlu<96>>;
static_assert(accepts<model, cpu>);
