// expect: NotAnOwnKernel<Mine, lacks::name<std::basic_string_view<char>>>
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
#if defined(MUST_FAIL)
  static constexpr std::string_view name = "my kernel";
#else
  static constexpr std::string_view name = "mine";
#endif
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
};
constexpr auto model = tune<"layers.0.attention", Policy<Use<Mine>>>(
    Embedding<100, 64> >> TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>);
static_assert(accepts<model, cpu>);
