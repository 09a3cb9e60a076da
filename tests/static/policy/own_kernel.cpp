// Kernels of the user's own as values: collected from a model's type, planned on every device, counted by what they say.
#include <ttt/model.hpp>

using namespace ttt;

template <OpKind Kind, Text Name>
struct Mine {
  static constexpr std::string_view name = Name.view();
  static constexpr OpKind op = Kind;
  static constexpr bool supports(const OpShape& s) { return s.op == Kind && s.head_dim % 2 == 0; }
  static constexpr std::int64_t scratch_bytes(const OpShape& s, int parts) { return std::int64_t{1} * s.keys * 10'000 * parts; }
  static constexpr OpCost cost(const OpShape& s) {
    return {1000.0 * s.rows + 10.0 * s.rows * s.keys, 7.0 * s.sessions * s.keys + (Kind == OpKind::gated ? 123 : 0)};
  }
  static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
  static void run(const kernels::MatmulArgs&, kernels::Part) noexcept;
};
using A = Mine<OpKind::attention, "a">;
using B = Mine<OpKind::gated, "b">;
using C = Mine<OpKind::attention, "c">;
static_assert(kernels::OwnKernel<A> && kernels::OwnKernel<B> && !kernels::OwnKernel<int>);

// The knob: its axis is the kernel's, whoever says it later wins.
static_assert(decltype(Policy<Use<A>>)::config == HardwareConfig{.kernel = KernelVariant::own, .own_kernel = "a"});
static_assert(std::is_same_v<decltype(Policy<HiFi4, Use<A>>), decltype(Policy<Use<A>, HiFi4>)>);
static_assert(decltype(Policy<Use<A>::Auto>)::config == HardwareConfig{});

constexpr auto base = Embedding<128, 64> >> Repeat<4, TransformerLayer<64, Attention<2, 2, 32>, SwiGlu<96>>>
                      >> RmsNorm<64> >> Linear<64, 128>;
template <class T>
constexpr int kernels_named = types::own_kernels<typename types::as_model<T>::type>::value.size();
static_assert(kernels_named<type_of<base>> == 0);

// Wherever a policy stands: on a module, a layer, a run, the model; each once.
constexpr auto on_part = tune<"layers.1.attention", Policy<Use<A>>>(base);
constexpr auto on_layer = tune<"layers.1", Policy<Use<A>>>(base);
constexpr auto on_run = tune<"layers.1-2", Policy<Use<A>>>(base);
constexpr auto on_model = tune<"model", Policy<Use<A>>>(base);
constexpr auto several = tune<"layers.0.mlp", Policy<Use<B>>>(tune<"layers.3.attention", Policy<Use<C>>>(on_model));
static_assert(kernels_named<type_of<on_part>> == 1 && kernels_named<type_of<on_layer>> == 1);
static_assert(kernels_named<type_of<on_run>> == 1 && kernels_named<type_of<on_model>> == 1);
static_assert(kernels_named<type_of<several>> == 3);

// In the plan: the ops of its kind run with it, and all others as before.
template <auto Model, class D>
constexpr int ops_with(std::string_view name) {
  int n = 0;
  for (const PlanOp& op : plan_ops<Model, D, Context<64>>)
    n += op.variant == KernelVariant::own && op.own_kernel == name ? op.repeat : 0;
  return n;
}
template <class D>
constexpr bool planned() {
  return ops_with<base, D>("a") == 0 && ops_with<on_part, D>("a") == 1 && ops_with<on_layer, D>("a") == 1 &&
         ops_with<on_run, D>("a") == 2 && ops_with<on_model, D>("a") == 4 && ops_with<several, D>("a") == 3 &&
         ops_with<several, D>("b") == 1 && ops_with<several, D>("c") == 1 && accepts<several, D, Context<64>>;
}
static_assert(planned<cpu>() && planned<cuda::sm90>() && planned<ttnn::wormhole_n150>());
constexpr PlanOp qkv_beside = plan_ops<on_model, cpu>[1];
static_assert(qkv_beside.kind == OpKind::qkv && qkv_beside.variant == KernelVariant::fused);

// Its scratch is in the arena, its costs in the plan.
static_assert(plan_arena<on_part, cpu, Context<64>>.scratch_stride == 640'000);
static_assert(plan_arena<base, cpu, Context<64>>.scratch_stride < 640'000);
constexpr PlanOp scores = [] {
  for (const PlanOp& op : plan_ops<on_part, cpu, Context<64>>)
    if (op.own_kernel == "a") return op;
  return PlanOp{};
}();
static_assert(scores.flops_per_row == 1000 && scores.flops_per_row_and_key == 10 && scores.bytes_per_key == 7);
constexpr PlanOp gated = [] {
  for (const PlanOp& op : plan_ops<several, cpu, Context<64>>)
    if (op.own_kernel == "b") return op;
  return PlanOp{};
}();
static_assert(gated.flops_per_row == 1000 && gated.weight_bytes == 123);

// One that does not support its op is no plan's, and `fits` says so without an error.
constexpr auto odd = Embedding<128, 64> >> TransformerLayer<64, Attention<2, 2, 33, NoRope, Policy<Use<A>>>, SwiGlu<96>>;
static_assert(!fits<odd, cpu>);
