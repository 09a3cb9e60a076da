// Kernels of the user's own, and the plain loops: they run where a policy says so, there and only there.
#include <atomic>
#include <cstring>
#include <set>
#include <thread>

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/module_handle.hpp>
#include <ttt/kernels/harness.hpp>
#include <ttt/kernels/reference/table.hpp>
#include <ttt/policy/devices.hpp>
#include <ttt/runtime/own_kernels.hpp>
#include <ttt/runtime/tuned_model.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr int vocab = 211, layers = 4;
constexpr auto base =
    Embedding<vocab, 48>
    >> Repeat<layers, TransformerLayer<48, Attention<6, 2, 10, QkvBias, QkNorm<>, Rope<10'000>>, SwiGlu<83, Bias>>>
    >> RmsNorm<48>
    >> Linear<48, vocab>;

/// The scalar reference as a kernel of one's own, counting its calls: every op that can be replaced.
template <OpKind Kind, Text Name>
struct Counted {
  static constexpr std::string_view name = Name.view();
  static constexpr OpKind op = Kind;
  static constexpr bool supports(const OpShape& s) { return s.operands != DType::bf16 || Kind == OpKind::attention; }
  static constexpr std::int64_t scratch_bytes(const OpShape& s, int parts) { return std::int64_t{4} * s.k * parts; }
  static constexpr OpCost cost(const OpShape& s) {
    return {2.0 * s.rows * s.n * s.k, static_cast<double>(s.n) * s.k * bits_of(s.weights) / 8};
  }
  inline static std::atomic<int> calls = 0;
  inline static std::atomic<const void*> where = nullptr;  ///< of the layer: its caches or its weights

  static void run(const kernels::AttentionArgs& a, kernels::Part p) noexcept
    requires(Kind == OpKind::attention)
  {
    ++calls;
    where = a.caches;
    kernel(kernels::reference::Level::attention<DType::fp32>, kernels::reference::Level::attention<DType::fp16>,
           a.kv_format)(a, p);
  }
  static void run(const kernels::QkvArgs& a, kernels::Part p) noexcept
    requires(Kind == OpKind::qkv)
  {
    ++calls;
    where = a.matmul.w.data;
    kernels::reference::Level::qkv<DType::fp32, DType::fp32>(a, p);
  }
  static void run(const kernels::MatmulArgs& a, kernels::Part p) noexcept
    requires(Kind != OpKind::attention && Kind != OpKind::qkv)
  {
    ++calls;
    where = a.w.data;
    using Level = kernels::reference::Level;
    if constexpr (Kind == OpKind::gated) Level::gated<DType::fp32, DType::fp32, Activation::silu>(a, p);
    if constexpr (Kind == OpKind::projection) Level::residual<DType::fp32, DType::fp32>(a, p);
    if constexpr (Kind == OpKind::linear) Level::store<DType::fp32, DType::fp32>(a, p);
  }

 private:
  template <class F>
  static F kernel(F fp32, F fp16, DType kv) noexcept {
    return kv == DType::fp32 ? fp32 : fp16;
  }
};
using MyAttention = Counted<OpKind::attention, "my_attention">;
using MyQkv = Counted<OpKind::qkv, "my-qkv">;
using MyGated = Counted<OpKind::gated, "my_gated">;
using MyProjection = Counted<OpKind::projection, "my_projection">;
using MyHead = Counted<OpKind::linear, "my_head">;

/// Attention that answers zeros.
struct Silent {
  static constexpr std::string_view name = "silent";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int) { return 0; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  static void run(const kernels::AttentionArgs& a, kernels::Part p) noexcept {
    const kernels::Range mine = kernels::share(std::int64_t{a.row_count} * a.heads * a.head_dim, p);
    for (std::int64_t i = mine.begin; i < mine.end; ++i) a.y[i] = 0;
  }
};

/// Wants much scratch, and fills all of it: every part its own, while the others run.
template <std::int64_t Bytes>
struct Roomy {
  static constexpr std::string_view name = "greedy";
  static constexpr OpKind op = OpKind::attention;
  static constexpr bool supports(const OpShape&) { return true; }
  static constexpr std::int64_t scratch_bytes(const OpShape&, int parts) { return Bytes * parts; }
  static constexpr OpCost cost(const OpShape&) { return {}; }
  inline static std::atomic<bool> sound = true;
  static void run(const kernels::AttentionArgs& a, kernels::Part p) noexcept {
    float* const mine = a.scratch + p.index * a.scratch_stride;
    sound = sound && a.scratch_stride * 4 >= Bytes && reinterpret_cast<std::uintptr_t>(mine) % 64 == 0;
    const auto value = static_cast<float>(p.index + 1);
    for (std::int64_t i = 0; i < a.scratch_stride; ++i) mine[i] = value;
    kernels::reference::attention<DType::fp32>(a, p);
    for (std::int64_t i = 0; i < a.scratch_stride; ++i) sound = sound && mine[i] == value;
  }
};

LoadOptions options_of(int threads = 1, std::string isa = {}) {
  LoadOptions o = exact(std::move(isa), threads);
  o.workload = {.batch = 2, .context = 64, .chunk = 16, .logits_rows = 64};
  return o;
}

/// Logits of a prompt, of decoded tokens, and of two sessions at once; with the rows behind each module.
struct Rows {
  std::vector<float> logits;
  std::map<int, std::vector<float>> hidden;
};
Rows run(Engine& e) {
  Rows r;
  Session a = e.session(), b = e.session();
  const auto prompt = some_ids(13, vocab), more = some_ids(5, vocab, 9);
  const Tap tap = [&](int module, const float* rows, int count, int width) {
    r.hidden[module].assign(rows, rows + static_cast<std::ptrdiff_t>(count) * width);
  };
  auto keep = [&](const std::vector<float>& rows) { r.logits.insert(r.logits.end(), rows.begin(), rows.end()); };
  keep(e.step(a, prompt, BatchItem::Logits::all, 0, &tap));
  for (const std::int32_t& id : more) keep(e.step(a, {&id, 1}));
  const BatchItem both[] = {{.session = &a, .tokens = {&more[0], 1}}, {.session = &b, .tokens = prompt}};
  need(e.runner->step(both));
  keep(e.output());
  return r;
}
constexpr int steps = 7;  // of the above
template <auto Model>
Rows run_of(const LoadOptions& options = options_of()) {
  Engine e = random_engine<Model>(options);
  return run(e);
}

std::vector<std::string> paths_with(const ModelState& s, auto&& wanted) {
  std::vector<std::string> out;
  for (const PlanOp& op : s.ops)
    if (wanted(op)) out.push_back(s.path(op));
  return out;
}
using Paths = std::vector<std::string>;

HardwareConfig own(std::string_view name) { return {.kernel = KernelVariant::own, .own_kernel = name}; }

}  // namespace

TEST_CASE("kernel=naive runs the scalar reference: the whole model so is bitwise the scalar level's", "[own_kernel]") {
  LoadOptions naive = options_of();
  naive.policy = decltype(Policy<Kernel<KernelVariant::naive>>)::config;
  const Rows plain = run_of<base>(options_of(1, "scalar"));
  for (const std::string& isa : isas()) {
    naive.isa = isa;
    INFO("level " << isa);
    CHECK(run_of<base>(naive).logits == plain.logits);
  }
}

TEST_CASE("kernel=naive on one layer's attention runs there and only there", "[own_kernel]") {
  constexpr auto tuned = tune<"layers.1.attention", Policy<Kernel<KernelVariant::naive>>>(base);
  Engine e = random_engine<tuned>(options_of());
  const auto on_scalar = [&](const PlanOp& op) { return &e.state->table_of(op) == e.state->naive; };
  CHECK(paths_with(*e.state, on_scalar) ==
        Paths{"layers.1.attention.qkv", "layers.1.attention.scores", "layers.1.attention.o"});
  CHECK(e.state->naive->isa == kernels::Isa::scalar);
  const Rows got = run(e), fast = run_of<base>();
  INFO("worst difference " << worst(got.logits, fast.logits) << " of " << largest(fast.logits));
  CHECK(worst(got.logits, fast.logits) <= tolerance(fast.logits));
  CHECK(got.hidden.at(1) == fast.hidden.at(1));  // layer 0, before it: the same bits
  if (e.state->kernels->isa != kernels::Isa::scalar) CHECK(got.hidden.at(2) != fast.hidden.at(2));

  LoadOptions by_path = options_of();
  by_path.tuning = {{"layers.1.attention", {.kernel = KernelVariant::naive}}};
  CHECK(run_of<base>(by_path).logits == got.logits);
}

TEST_CASE("kernel=fused and kernel=flash run the device's kernels", "[own_kernel]") {
  const Rows wanted = run_of<base>();
  CHECK(run_of<tune<"model", Policy<Kernel<KernelVariant::fused>>>(base)>().logits == wanted.logits);
  CHECK(run_of<tune<"layers.*.attention", Policy<Kernel<KernelVariant::flash>>>(base)>().logits == wanted.logits);
}

TEST_CASE("an own attention runs on its layer and nowhere else", "[own_kernel]") {
  constexpr auto tuned = tune<"layers.2.attention", Policy<Use<MyAttention>>>(base);
  static_assert(accepts<tuned, cpu>);
  Engine e = random_engine<tuned>(options_of());
  const auto is_own = [](const PlanOp& op) { return op.variant == KernelVariant::own; };
  CHECK(paths_with(*e.state, is_own) == Paths{"layers.2.attention.scores"});
  MyAttention::calls = 0;
  const Rows got = run(e);
  CHECK(MyAttention::calls == steps);  // of one part each: once a step, not once a layer
  const Rows fast = run_of<base>();
  CHECK(MyAttention::calls == steps);
  INFO("worst difference " << worst(got.logits, fast.logits) << " of " << largest(fast.logits));
  CHECK(worst(got.logits, fast.logits) <= tolerance(fast.logits));
  CHECK(got.hidden.at(2) == fast.hidden.at(2));  // layers 0 and 1

  // One that answers zeros leaves the layers before it alone and changes its own.
  const Rows silent = run_of<tune<"layers.2.attention", Policy<Use<Silent>>>(base)>();
  CHECK(silent.hidden.at(2) == fast.hidden.at(2));
  CHECK(worst(silent.hidden.at(3), fast.hidden.at(3)) > 0.01);
}

TEST_CASE("an own kernel's results are bitwise equal over thread counts", "[own_kernel]") {
  constexpr auto tuned = tune<"layers.2.attention", Policy<Use<MyAttention>>>(base);
  const Rows one = run_of<tuned>(options_of(1));
  for (const int threads : {2, 3}) {
    MyAttention::calls = 0;
    CHECK(run_of<tuned>(options_of(threads)).logits == one.logits);
    CHECK(MyAttention::calls == steps * threads);
  }
}

TEST_CASE("every op that can be replaced runs with the kernel that is for it", "[own_kernel]") {
  constexpr auto tuned = tune<"head", Policy<Use<MyHead>>>(
      tune<"layers.0.mlp", Policy<Use<MyGated>>>(tune<"layers.1.mlp", Policy<Use<MyProjection>>>(
          tune<"layers.3.attention", Policy<Use<MyQkv>>>(base))));
  static_assert(accepts<tune<"model", Policy<Weights<DType::fp32>>>(tuned), cpu>);
  LoadOptions options = options_of();
  options.policy = decltype(Policy<Weights<DType::fp32>, HiFi4>)::config;
  options.workload.logits_rows = 64;
  Engine e = random_engine<tuned>(options);
  for (const auto& [op, name] : {std::pair{OpKind::linear, "head"}, {OpKind::gated, "layers.0.mlp.gate_up"},
                                 {OpKind::projection, "layers.1.mlp.down"}, {OpKind::qkv, "layers.3.attention.qkv"}})
    CHECK(paths_with(*e.state, [&](const PlanOp& o) { return o.variant == KernelVariant::own && o.kind == op; }) ==
          Paths{name});
  MyHead::calls = MyGated::calls = MyProjection::calls = MyQkv::calls = 0;
  const Rows got = run(e), wanted = run_of<base>(options);
  CHECK(MyHead::calls == steps);
  CHECK(MyGated::calls == steps);
  CHECK(MyProjection::calls == steps);
  CHECK(MyQkv::calls == steps);
  CHECK(MyGated::where == e.state->weights.modules[1].up.data);
  CHECK(MyProjection::where == e.state->weights.modules[2].down.data);
  CHECK(MyQkv::where == e.state->weights.modules[4].qkv.data);
  INFO("worst difference " << worst(got.logits, wanted.logits) << " of " << largest(wanted.logits));
  CHECK(worst(got.logits, wanted.logits) <= tolerance(wanted.logits));
}

TEST_CASE("an own kernel's scratch is in the plan's arena, whole and its own", "[own_kernel]") {
  constexpr auto tuned = tune<"layers.1.attention", Policy<Use<Roomy<1'000'001>>>>(base);
  const Rows wanted = run_of<base>(options_of(3));
  Engine e = random_engine<tuned>(options_of(3)), plain = random_engine<base>(options_of(3));
  CHECK(e.state->arena.bytes_of(Role::scratch) == 3 * catalog::round_up(1'000'001, 64));
  CHECK(e.state->totals.arena - plain.state->totals.arena ==
        e.state->arena.bytes_of(Role::scratch) - plain.state->arena.bytes_of(Role::scratch));
  CHECK(totals<tuned, cpu>.arena - totals<base, cpu>.arena >= 1'000'001 - plan_arena<base, cpu>.scratch_stride);
  Roomy<1'000'001>::sound = true;
  CHECK(worst(run(e).logits, wanted.logits) <= tolerance(wanted.logits));
  CHECK(Roomy<1'000'001>::sound);
  // A small one is not in the way of the others' scratch.
  CHECK(worst(run_of<tune<"layers.1.attention", Policy<Use<Roomy<1>>>>(base)>(options_of(3)).logits, wanted.logits) <=
        tolerance(wanted.logits));
}

TEST_CASE("a registered kernel is used by its name", "[own_kernel]") {
  using Named = Counted<OpKind::attention, "by_name">;
  LoadOptions options = options_of();
  options.tuning = {{"layers.3.attention", own("by_name")}};
  const ModelView view = view_of<type_of<base>>();
  const TensorMap weights = random_weights(view);
  const auto load = [&] { return make_state({.model = view}, MemorySource(weights), options); };
  const auto before = load();
  REQUIRE(!before.has_value());
  CHECK(anchor(before.error()) == "own_kernel_unknown");
  CHECK(before.error().module == "layers.3.attention");

  need(register_kernel("cpu", "attention", Named{}));
  Engine e;
  e.state = need(load());
  e.runner = need(Runner::create(e.state));
  Named::calls = 0;
  const Rows got = run(e), wanted = run_of<base>();
  CHECK(Named::calls == steps);
  CHECK(paths_with(*e.state, [](const PlanOp& op) { return op.variant == KernelVariant::own; }) ==
        Paths{"layers.3.attention.scores"});
  CHECK(worst(got.logits, wanted.logits) <= tolerance(wanted.logits));

  options.tuning = {{"layers.3", own("by_nane")}};
  const auto typo = load();
  REQUIRE(!typo.has_value());
  INFO(typo.error().text());
  CHECK(anchor(typo.error()) == "own_kernel_unknown");
  CHECK(typo.error().suggestion.find("did you mean by_name?") != std::string::npos);

  options.tuning = {{"layers.3.mlp", own("by_name")}};
  const auto useless = load();
  REQUIRE(!useless.has_value());
  CHECK(anchor(useless.error()) == "own_kernel_replaces_nothing");
  CHECK(useless.error().module == "layers.3.mlp");
}

TEST_CASE("registering says what is wrong", "[own_kernel]") {
  using Mine = Counted<OpKind::attention, "registered_once">;
  const auto refused = [](const Result<void>& r, std::string_view name, std::string_view text) {
    REQUIRE(!r.has_value());
    INFO(r.error().text());
    CHECK(anchor(r.error()) == name);
    CHECK(r.error().suggestion.find(text) != std::string::npos);
  };
  refused(register_kernel("cpus", "attention", Mine{}), "own_kernel_device_unknown", "did you mean cpu?");
  refused(register_kernel("cpu", "atention", Mine{}), "own_kernel_op_unknown", "did you mean attention?");
  refused(register_kernel("cpu", "embed", Mine{}), "own_kernel_op_unknown", "qkv, attention, gated, activated");
  refused(register_kernel("cpu", "gated", Mine{}), "own_kernel_op_unknown", "register it for attention");
  need(register_kernel("cpu", "attention", Mine{}));
  need(register_kernel("ttnn", "attention", Mine{}));  // names are a device's
  refused(register_kernel("cpu", "attention", Mine{}), "own_kernel_twice", "another name");
}

TEST_CASE("kernels are registered from many threads at once, each name once", "[own_kernel]") {
  using Mine = Counted<OpKind::attention, "from_many_threads">;
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      done += register_kernel("cpu", "attention", Mine{}).has_value() ? 1 : 0;
      static_cast<void>(registered_kernels(DeviceKind::cpu));
    });
  for (std::thread& t : threads) t.join();
  CHECK(done == 1);
}

TEST_CASE("a loaded model takes an own kernel and gives it back", "[own_kernel]") {
  using Mine = Counted<OpKind::attention, "taken_while_running">;
  const ModelView view = view_of<type_of<base>>();
  auto weights = std::make_unique<TensorMap>(random_weights(view));
  const auto model = need(TunedModel::create({.model = view}, std::make_unique<MemorySource>(*weights), options_of()));
  auto logits = [&] {
    Session s = need(Session::create(model->runner()->shared_state()));
    const auto prompt = some_ids(9, vocab);
    const BatchItem item{.session = &s, .tokens = prompt, .logits = BatchItem::Logits::all};
    need(model->runner()->step({&item, 1}));
    return std::vector<float>(model->runner()->output(), model->runner()->output() + 9 * vocab);
  };
  const std::vector<float> before = logits();
  Mine::calls = 0;
  const Applied applied = need(ModuleHandle(model, "layers.1.attention").apply_hw_config(Policy<Use<Mine>>));
  CHECK(applied.bytes_repacked == 0);
  const std::vector<float> with = logits();
  CHECK(Mine::calls == 1);
  CHECK(worst(with, before) <= tolerance(before));
  need(model->undo());
  CHECK(logits() == before);
  CHECK(Mine::calls == 1);
}

TEST_CASE("a kernel that does not support an op is refused with what it does support", "[own_kernel]") {
  struct OnlyFp32 : Silent {
    static constexpr bool supports(const OpShape& s) { return s.kv == DType::fp32; }
  };
  LoadOptions options = options_of();
  options.preset = Preset::standard;  // a cache in fp16
  need(register_kernel_entry("cpu", "attention", [] {
    OwnKernelEntry e = types::own_kernel_entry<OnlyFp32>();
    e.name = "only_fp32";
    return e;
  }()));
  options.tuning = {{"layers.1.attention", own("only_fp32")}};
  const ModelView view = view_of<type_of<base>>();
  const auto refused = plan_state({.model = view}, DType::bf16, options);
  REQUIRE(!refused.has_value());
  INFO(refused.error().text());
  CHECK(anchor(refused.error()) == "own_kernel_lacks_attention");
  CHECK(refused.error().module == "layers.1.attention");
  CHECK(refused.error().issue.find("fp16 with head_dim 10, 6 heads and 2 kv heads") != std::string::npos);
  CHECK(refused.error().suggestion.find("kv=fp32") != std::string::npos);
  options.tuning[0].config.kv = DType::fp32;  // as it says
  CHECK(plan_state({.model = view}, DType::bf16, options).has_value());
}

TEST_CASE("a policy that names an own kernel is judged on described devices too", "[own_kernel]") {
  using Mine = Counted<OpKind::attention, "for_ttnn">;
  const ModelView view = view_of<type_of<base>>();
  LoadOptions options = options_of();
  options.preset = Preset::standard;
  options.workload = {.context = 64};
  options.tuning = {{"layers.2.attention", own("for_ttnn")}};
  const auto issues = [&] {
    std::vector<std::string> out;
    for (const HardwareIssue& i : check_hardware_compatibility(StateInput{.model = view},
                                                               device_traits<ttnn::wormhole_n150>, options))
      out.push_back(i.module + ": " + i.link.substr(i.link.find('#') + 1));
    return out;
  };
  CHECK(issues() == std::vector<std::string>{"layers.2.attention: own_kernel_unknown"});
  need(register_kernel("ttnn", "attention", Mine{}));
  CHECK(issues().empty());
  const auto plan = need(plan_on_device({.model = view}, device_traits<ttnn::wormhole_n150>, DType::bf16, options));
  CHECK(paths_with(*plan, [](const PlanOp& op) { return op.variant == KernelVariant::own && op.own_kernel == "for_ttnn"; }) ==
        Paths{"layers.2.attention.scores"});
}

TEST_CASE("a step says how long each op took, and computes what it always does", "[own_kernel]") {
  Engine e = random_engine<base>(options_of(2));
  Session a = e.session(), b = e.session();
  const auto prompt = some_ids(13, vocab);
  const std::vector<float> wanted = e.step(a, prompt);
  std::vector<double> seconds(e.state->ops.size(), -1);
  const BatchItem item{.session = &b, .tokens = prompt, .logits = BatchItem::Logits::all};
  need(e.runner->step({&item, 1}, nullptr, seconds));
  CHECK(e.output() == wanted);
  for (const double s : seconds) CHECK(s > 0);
  const BatchItem none{.session = &b, .tokens = prompt, .logits = BatchItem::Logits::none};
  need(e.runner->step({&none, 1}, nullptr, seconds));
  CHECK(seconds.back() == 0);  // the head had no rows
}

TEST_CASE("the harness passes sound kernels of every kind", "[own_kernel]") {
  const KernelCheckOptions quiet{.measure = false, .print = false};
  const auto sound = [&](const KernelReport& r) {
    INFO("worst error " << r.worst_error << ", " << r.shapes << " shapes, " << r.fault);
    CHECK(r.ok());
    CHECK(r.worst_error == 0);
  };
  const auto fp32 = [](OpKind op) {
    std::vector<OpShape> all = shapes_to_check(op);
    std::erase_if(all, [&](const OpShape& s) {
      return s.weights != DType::fp32 || s.operands != DType::fp32 || s.kv != DType::fp32 || std::int64_t{s.n} * s.k > 1 << 20;
    });
    return all;
  };
  sound(check_kernel<MyAttention>({{.rows = 7, .sessions = 2, .keys = 33, .heads = 6, .kv_heads = 3, .head_dim = 12}}, quiet));
  sound(check_kernel_entry(types::own_kernel_entry<MyQkv>(), fp32(OpKind::qkv), quiet));
  sound(check_kernel_entry(types::own_kernel_entry<MyGated>(), fp32(OpKind::gated), quiet));
  sound(check_kernel_entry(types::own_kernel_entry<MyProjection>(), fp32(OpKind::projection), quiet));
  sound(check_kernel_entry(types::own_kernel_entry<MyHead>(), fp32(OpKind::linear), quiet));
  // ttt's own kernels pass too.
  const kernels::KernelTable& best = *kernels::default_kernels(kernels::detected_isa());
  OwnKernelEntry e = types::own_kernel_entry<MyAttention>();
  e.attention = best.attention(DType::fp16);
  e.scratch_bytes = [](const OpShape& s, int parts) { return 4 * parts * catalog::attention_scratch_floats(s.head_dim); };
  const OpShape shape{.rows = 9, .sessions = 2, .keys = 300, .heads = 6, .kv_heads = 2, .head_dim = 80};
  const KernelReport r = check_kernel_entry(e, {&shape, 1}, quiet);
  INFO("worst error " << r.worst_error);
  CHECK(r.ok());
  CHECK(r.worst_error > 0);
}

TEST_CASE("the harness finds what is wrong with a kernel", "[own_kernel]") {
  const KernelCheckOptions quiet{.measure = false, .print = false};
  const OpShape shape{.rows = 5, .keys = 33, .heads = 6, .kv_heads = 3, .head_dim = 12, .kv = DType::fp32};
  OwnKernelEntry e = types::own_kernel_entry<MyAttention>();
  const auto report = [&](kernels::OwnAttentionFn f) {
    e.attention = f;
    return check_kernel_entry(e, {&shape, 1}, quiet);
  };
  CHECK(report(&kernels::reference::attention<DType::fp32>).ok());
  CHECK(report(&Silent::run).worst_error >= 1);
  const KernelReport by_parts = report([](const kernels::AttentionArgs& a, kernels::Part p) noexcept {
    kernels::AttentionArgs changed = a;
    changed.scale *= 1 + 1e-6F * static_cast<float>(p.count);
    kernels::reference::attention<DType::fp32>(changed, p);
  });
  CHECK(!by_parts.same_bits);
  CHECK(!by_parts.ok());
  const KernelReport beside = report([](const kernels::AttentionArgs& a, kernels::Part p) noexcept {
    kernels::reference::attention<DType::fp32>(a, p);
    if (p.index == 0) a.scratch[p.count * a.scratch_stride] = 1;
  });
  CHECK(!beside.in_bounds);
  CHECK(beside.worst_error == 0);
  CHECK(!report([](const kernels::AttentionArgs& a, kernels::Part p) noexcept {
           kernels::reference::attention<DType::fp32>(a, p);
           a.y[0] = NAN;
         }).ok());
  const OpShape odd{.rows = 5, .keys = 2};
  CHECK(!check_kernel_entry(e, {&odd, 1}, quiet).fault.empty());
  CHECK(!check_kernel_entry(e, {}, quiet).ok());
}

TEST_CASE("the harness measures beside the machine and the kernel it would replace", "[own_kernel]") {
  const KernelReport r = check_kernel<MyAttention>(
      {{.rows = 1, .keys = 64, .heads = 4, .kv_heads = 2, .head_dim = 16}}, {.print = false});
  CHECK(r.ok());
  CHECK(r.gb_s > 0);
  CHECK(r.gflop_s > 0);
  CHECK(r.replaced_gb_s > 0);
  CHECK(r.limit_gb_s > 0);
  CHECK(r.limit_gflop_s > 0);
  CHECK(r.replaces.find("::attention<fp16>") != std::string::npos);
}
