// expect: NotAnOwnKernel<Mine, lacks::run<void(const kernels::AttentionArgs&, kernels::Part) noexcept>>
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
#if defined(MUST_FAIL)
  static void run(const kernels::MatmulArgs&, kernels::Part) noexcept;
#else
  static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
#endif
};
constexpr auto model = tune<"layers.0.attention", Policy<Use<Mine>>>(
    Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>);
static_assert(accepts<model, cpu>);
