// expect: NotAnOwnKernel<Mine, lacks::scratch_bytes<long int(const OpShape&, int)>>
// expect[clang]: NotAnOwnKernel<Mine, lacks::scratch_bytes<long(const OpShape&, int)>>
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
#if !defined(MUST_FAIL)
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
#endif
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
};
constexpr auto model = tune<"layers.0.attention", Policy<Use<Mine>>>(
    Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>);
static_assert(accepts<model, cpu>);
