// expect: Refused<At<layer<1>, SwiGlu<96, Policy<Use<Mine>>>>, own_kernel_replaces_nothing<replaces<OpKind::attention>>, Try<UseKernel<KernelVariant::fused>>>
// words: layers.1.mlp: the kernel of its policy is for attention ops, and no policy that names it reaches one; try: use kernel=fused, Policy<Kernel<KernelVariant::fused>>
#include <ttt/model.hpp>
using namespace ttt;

struct Mine {
  static constexpr std::string_view name = "mine";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
};
constexpr auto base = Embedding<100, 64> >> Repeat<3, TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<96>>>;
#if defined(MUST_FAIL)
constexpr auto model = tune<"layers.1.mlp", Policy<Use<Mine>>>(base);
#elif defined(SUGGESTED)
constexpr auto model = tune<"layers.1.mlp", Policy<Kernel<KernelVariant::fused>>>(base);
#else
constexpr auto model = tune<"layers.1", Policy<Use<Mine>>>(base);
#endif
static_assert(accepts<model, cpu>);
