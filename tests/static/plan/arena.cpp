// The arena: what lives together never overlaps, for models of every kind of op.
#include <ttt/model.hpp>

using namespace ttt;

constexpr bool lie_apart(const ArenaLayout& a) {
  std::int64_t sum = 0, end = 0;
  for (std::size_t i = 0; i < role_count; ++i) {
    if (a.offset[i] % 64 != 0 || a.bytes[i] % 64 != 0) return false;
    sum += a.bytes[i];
    if (a.offset[i] + a.bytes[i] > end) end = a.offset[i] + a.bytes[i];
    for (std::size_t j = 0; j < i; ++j) {
      const Lifetime x = lifetime_of(static_cast<Role>(i)), y = lifetime_of(static_cast<Role>(j));
      const bool live = x.first <= y.last && y.first <= x.last;
      if (live && a.offset[i] < a.offset[j] + a.bytes[j] && a.offset[j] < a.offset[i] + a.bytes[i]) return false;
    }
  }
  return a.total == end && a.total <= sum && a.total > 0;
}
// Each op finds room for its rows where it reads and where it writes.
template <auto Model, auto... Workload>
constexpr bool ops_fit() {
  const PlanRequest request = plan_request<Model, cpu, Workload...>();
  const ArenaLayout a = arena_layout(request);
  bool fit = lie_apart(a);
  emit_ops(request, true, [&](const PlanOp& op) {
    if (op.kind == OpKind::rotary) return;
    const std::int64_t rows = op.out == Role::logits ? a.logits_rows : a.rows;
    const std::int64_t width = op.kind == OpKind::gated ? op.n / 2 : op.kind == OpKind::qkv ? 0 : op.n;
    fit = fit && a.bytes_of(op.out) >= rows * width * 4;
    if (op.kind != OpKind::embed && op.kind != OpKind::attention) fit = fit && a.bytes_of(op.in) >= rows * op.k * 4;
  });
  return fit;
}

struct Widen : types::Module<> {
  static constexpr std::string_view type = "widen";
  static constexpr int in = 48, out = 80;
  static constexpr std::array<WeightShape, 0> weights{};
  static void reference(const OwnModuleArgs&) {}
};

template <auto... Options>
constexpr auto layer = TransformerLayer<48, Attention<6, 2, 12, Options...>, SwiGlu<104>>;
constexpr auto decoder = Embedding<293, 48> >> Repeat<3, layer<>> >> RmsNorm<48> >> Linear<48, 293>;
static_assert(ops_fit<decoder>());
static_assert(ops_fit<decoder, Batch<7>, Context<13>>());
static_assert(ops_fit<decoder, Batch<3>, TokensPerStep<5>, Context<1>>());
static_assert(ops_fit<Embedding<293, 48>>());
static_assert(ops_fit<(Embedding<293, 48> >> RmsNorm<48>)>());
static_assert(ops_fit<(Embedding<293, 48> >> Widen{} >> Linear<80, 48> >> layer<>)>());
static_assert(ops_fit<(Embedding<293, 48> >> Linear<48, 500> >> Linear<500, 16> >> LayerNorm<16> >> Linear<16, 7>)>());
static_assert(ops_fit<Linear<48, 500>>());
static_assert(ops_fit<RmsNorm<48>>());
static_assert(ops_fit<(layer<> >> layer<NoRope>)>());
// Repeated modules that cannot work in place change buffers although the plan lists them once.
static_assert(ops_fit<Repeat<2, Linear<48, 48>>>());
static_assert(ops_fit<Repeat<3, RmsNorm<48>>>());
static_assert(ops_fit<Repeat<2, (Linear<48, 96> >> Linear<96, 48>)>>());
static_assert(ops_fit<(Embedding<293, 48> >> Repeat<2, (RmsNorm<48> >> Linear<48, 48>)>)>());
static_assert(ops_fit<(Embedding<293, 48> >> Repeat<2, (layer<> >> Linear<48, 48>)> >> RmsNorm<48> >> Linear<48, 293>)>());

// A step never holds more rows than the context, nor fewer than one per session.
static_assert(plan_arena<decoder, cpu, Context<13>>.rows == 13);
static_assert(plan_arena<decoder, cpu, Context<13>, Batch<20>>.rows == 20);
static_assert(plan_arena<decoder, cpu, TokensPerStep<32>>.rows == 32);
static_assert(plan_arena<decoder, cpu>.rows == 256);
constexpr auto small_chunks = Embedding<293, 48, Policy<Chunk<16>>> >> layer<>;
static_assert(plan_arena<small_chunks, cpu>.rows == 16);

// Parts share nothing: scratch grows with them.
constexpr ArenaLayout for_parts(int parts) {
  PlanRequest r = plan_request<decoder, cpu>();
  r.parts = parts;
  return arena_layout(r);
}
static_assert(for_parts(8).bytes_of(Role::scratch) == 8 * for_parts(1).bytes_of(Role::scratch));
static_assert(lie_apart(for_parts(8)));
// Room for two items of attention (one row, two KV heads) over 8 blocks: a line for each counter, then 3 queries of 32 + 2.
static_assert(for_parts(1).bytes_of(Role::partials) == 0);
static_assert(for_parts(2).bytes_of(Role::partials) == 2 * 64 + 2 * 8 * 3 * 34 * 4);
