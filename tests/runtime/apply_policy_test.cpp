// A loaded model's hardware configuration, changed while it runs: what is packed anew, what is refused, what sessions
// in flight see, and the way back.
#include <atomic>
#include <thread>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/tuned_model.hpp>
#include "../engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr int vocab = 512;
constexpr auto declared =
    Embedding<vocab, 64>
    >> Repeat<4, TransformerLayer<64, Attention<4, 2, 16, QkvBias, Rope<10'000>>, SwiGlu<160>>>
    >> RmsNorm<64>
    >> Linear<64, vocab, TiedTo<"embedding">>;

/// A folder with random fp32 weights of the model above.
struct Folder : TemporaryFolder {
  Folder() {
    const TensorMap all = random_weights(view_of<type_of<declared>>());
    std::vector<TensorToWrite> out;
    for (const auto& [name, tensor] : all)
      out.push_back({{name, SafeDType::f32, tensor.shape}, std::as_bytes(std::span(tensor.data))});
    need(write_safetensors((path / "model.safetensors").string(), out));
  }
};
const std::string& folder() {
  static const Folder made;
  static const std::string path = made.path.string();
  return path;
}

LoadOptions options_of(Preset preset = Preset::exact) {
  LoadOptions o = exact({}, 2);
  o.preset = preset;
  o.workload = {.batch = 3, .context = 128, .logits_rows = 64};
  return o;
}
LoadedModel load_model(const LoadOptions& options = options_of()) {
  return need(from_spec(spec_of<declared>("qwen2", 256), folder(), options));
}

using Rows = std::vector<float>;
Rows step(const LoadedModel& m, Session& s, std::span<const std::int32_t> tokens) {
  const BatchItem item{.session = &s, .tokens = tokens, .logits = BatchItem::Logits::all};
  need(m.runner()->step({&item, 1}));
  return {m.runner()->output(), m.runner()->output() + static_cast<std::ptrdiff_t>(m.runner()->output_rows()) * vocab};
}
/// Logits of a fresh session.
Rows logits(const LoadedModel& m) {
  Session s = need(m.session());
  return step(m, s, some_ids(20, vocab));
}
std::vector<std::int32_t> generated(const LoadedModel& m, int count) {
  Generation g = m.generate_ids(some_ids(9, vocab), {.max_new_tokens = count});
  std::vector<std::int32_t> ids;
  while (const auto id = g.next_id()) ids.push_back(*id);
  if (g.error() != nullptr) FAIL(g.error()->text());
  return ids;
}
std::int64_t weights_held() { return static_cast<std::int64_t>(memory_counters()[MemoryClass::weights].current); }

template <class P>
HardwareConfig config_of(const P&) {
  return P::config;
}
const HardwareConfig bf16_weights = config_of(Policy<Weights<DType::bf16>>);
const HardwareConfig fp16_kv = config_of(Policy<Kv<DType::fp16>>);

}  // namespace

TEST_CASE("a change of fidelity or chunk packs nothing anew", "[apply]") {
  const LoadedModel m = load_model();
  const std::int64_t held = weights_held();
  const std::shared_ptr<const ModelState> before = m.runner()->shared_state();
  for (const Applied& a : {need(m.apply_hw_config(Policy<HiFi2>)), need(m.apply_hw_config(Policy<Chunk<7>>)),
                           need(m.apply_hw_config(fp16_kv))}) {
    CHECK(a.bytes_repacked == 0);
    CHECK(a.tensors_repacked == 0);
    CHECK(a.bytes_shared == before->totals.weights);
  }
  CHECK(weights_held() == held);
  CHECK(m.state().arena.rows == 7);
  CHECK(m.state().weights.modules[1].qkv.data == before->weights.modules[1].qkv.data);
  CHECK(m.state().weights.blocks == before->weights.blocks);
  CHECK(need(m.hw_config("layers.3.attention")).kv == DType::fp16);
}

TEST_CASE("a model with other weights computes bitwise what one loaded so computes", "[apply]") {
  LoadOptions o = options_of();
  o.policy = bf16_weights;
  const Rows wanted = logits(load_model(o));
  const LoadedModel m = load_model();
  const Rows before = logits(m);
  const std::int64_t held = weights_held();
  const Applied a = need(m.apply_hw_config(bf16_weights));
  CHECK(a.tensors_repacked == 4 * 4 + 1);
  CHECK(weights_held() - held == a.bytes_repacked);
  CHECK(a.bytes_repacked + a.bytes_shared == m.state().totals.weights);
  CHECK(logits(m) == wanted);
  CHECK(wanted != before);
  // Norms and biases alone are shared; with the state that undo() keeps, the old matrices go.
  need(m.apply_hw_config(Policy<Chunk<9>>));
  CHECK(weights_held() == m.state().totals.weights);
}

TEST_CASE("one layer's attention in another format packs its qkv and o, and nothing else", "[apply]") {
  const LoadedModel m = load_model();
  const std::shared_ptr<const ModelState> before = m.runner()->shared_state();
  const std::int64_t held = weights_held();
  const Applied a = need(m.layers[2].attention.apply_hw_config(bf16_weights));
  const std::int64_t qkv = catalog::packed_bytes(64 + 32 + 32, 64, DType::bf16), o = catalog::packed_bytes(64, 64, DType::bf16);
  CHECK(a.tensors_repacked == 2);
  CHECK(a.bytes_repacked == qkv + o);
  CHECK(weights_held() - held == qkv + o);
  CHECK(a.bytes_shared == m.state().totals.weights - qkv - o);
  const std::shared_ptr<const ModelState> now = m.runner()->shared_state();
  for (std::size_t i = 0; i < now->weights.modules.size(); ++i) {
    const ModuleWeights &x = before->weights.modules[i], &y = now->weights.modules[i];
    INFO("module " << i);
    CHECK((x.qkv.data == y.qkv.data) == (i != 3));
    CHECK((x.o.data == y.o.data) == (i != 3 || x.o.data == nullptr));
    CHECK((x.qkv.bias == y.qkv.bias && x.up.data == y.up.data && x.down.data == y.down.data));
    CHECK((x.table.data == y.table.data && x.linear.data == y.linear.data));
    CHECK((x.attention_norm.weight == y.attention_norm.weight && x.mlp_norm.weight == y.mlp_norm.weight));
  }
  LoadOptions alike = options_of();
  alike.tuning = {{"layers.2.attention", bf16_weights}};
  CHECK(logits(m) == logits(load_model(alike)));
  CHECK(need(m.layers[2].mlp.apply_hw_config(bf16_weights)).tensors_repacked == 2);
  CHECK(need(m.layers[2].apply_hw_config(bf16_weights)).tensors_repacked == 0);
  CHECK(need(m.layers[1].apply_hw_config(bf16_weights)).tensors_repacked == 4);
  CHECK(need(m.module("layers.*.attention").apply_hw_config(bf16_weights)).tensors_repacked == 4);
  // A tied head and the embedding are one table: both or none.
  CHECK(anchor(m.module("head").apply_hw_config(bf16_weights).error()) == "tied_formats_differ");
  const PathPolicy table[] = {{"embedding", bf16_weights}, {"head", bf16_weights}};
  CHECK(need(m.apply_tuning(table)).tensors_repacked == 1);
  CHECK(need(m.apply_hw_config(bf16_weights)).tensors_repacked == 4);  // the feed-forward networks of 0 and 3
}

TEST_CASE("several policies are one change, all or none", "[apply]") {
  const LoadedModel m = load_model();
  const Rows before = logits(m);
  const PathPolicy good[] = {{"", fp16_kv}, {"layers.0.mlp", bf16_weights}, {"layers.3.mlp", bf16_weights}};
  CHECK(need(m.apply_tuning(good)).tensors_repacked == 4);
  CHECK(logits(m) != before);
  need(m.undo());
  CHECK(logits(m) == before);
  const PathPolicy bad[] = {{"layers.0.mlp", bf16_weights}, {"layers.9.mlp", bf16_weights}};
  CHECK(anchor(m.apply_tuning(bad).error()) == "layer_is_not_there");
  CHECK(logits(m) == before);
  // Said again of one path, a policy takes the other's place; what stands loads as it is.
  need(m.layers[0].mlp.apply_hw_config(bf16_weights));
  need(m.layers[0].mlp.apply_hw_config(Policy<Weights<DType::fp16>>));
  CHECK(m.options().tuning.size() == 1);
  CHECK(logits(load_model(m.options())) == logits(m));
}

TEST_CASE("a refused change leaves the model as it was, bit for bit", "[apply]") {
  const LoadedModel m = load_model();
  const Rows before = logits(m);
  const std::shared_ptr<const ModelState> state = m.runner()->shared_state();
  Session running = need(m.session()), twin = need(m.session());
  const auto prompt = some_ids(8, vocab), more = some_ids(5, vocab, 7);
  CHECK(step(m, running, prompt) == step(m, twin, prompt));
  const std::int64_t held = weights_held();
  const auto refused = [&](const Result<Applied>& r, const std::string& name) {
    REQUIRE(!r.has_value());
    CHECK(anchor(r.error()) == name);
  };
  refused(m.apply_hw_config(Policy<Kv<DType::bfloat8_b>>), "no_kernel_for_kv");
  refused(m.apply_hw_config(Policy<Accumulate<DType::int8>>), "no_kernel_for_accumulation");
  refused(m.layers[99].attention.apply_hw_config(fp16_kv), "layer_is_not_there");
  refused(m.layers[-1].apply_hw_config(fp16_kv), "path_names_nothing");
  refused(m.module("layer.1").apply_hw_config(fp16_kv), "path_names_nothing");
  refused(m.layers[2].attention.apply_hw_config(Policy<Kv<DType::bfloat8_b>>), "no_kernel_for_kv");
  refused(m.apply_optimization_preset("exakt"), "preset_unknown");
  refused(m.undo(), "nothing_to_undo");
  CHECK(m.runner()->shared_state() == state);
  CHECK(weights_held() == held);
  CHECK(logits(m) == before);
  CHECK(step(m, running, more) == step(m, twin, more));
}

TEST_CASE("refusals say what is there instead", "[apply]") {
  const LoadedModel m = load_model();
  CHECK(m.layers.size() == 4);
  const Error far = m.layers[99].mlp.apply_hw_config(fp16_kv).error();
  CHECK(far.issue == "the path names layer 99, but the model has 4 layers");
  CHECK(anchor(m.hw_config("haed").error()) == "path_names_nothing");
  CHECK(anchor(m.hw_config("head.mlp").error()) == "path_names_nothing");
  CHECK(anchor(m.hw_config("layers.4").error()) == "layer_is_not_there");
  CHECK(m.hw_config("").has_value());
  const Error preset = m.apply_optimization_preset("exakt").error();
  INFO(preset.text());
  CHECK(preset.issue.find("the nearest is \"exact\"") != std::string::npos);
}

TEST_CASE("a preset by name lies below the knobs that were turned", "[apply]") {
  const LoadedModel m = load_model(options_of(Preset::standard));
  const Rows standard = logits(m);
  CHECK(need(m.hw_config("layers.0.attention")).kv == DType::fp16);
  need(m.apply_optimization_preset("exact"));
  CHECK(need(m.hw_config("layers.0.attention")).kv == DType::fp32);
  CHECK(logits(m) == logits(load_model()));
  need(m.apply_hw_config(fp16_kv));
  need(m.apply_optimization_preset("standard"));
  need(m.apply_optimization_preset("exact"));
  CHECK(need(m.hw_config("layers.0.attention")).kv == DType::fp16);
  for (int i = 0; i < 4; ++i) need(m.undo());
  CHECK(logits(m) == standard);
}

TEST_CASE("undo brings back every state, bit for bit", "[apply]") {
  const LoadedModel m = load_model();
  const LoadedModel copy = m;
  std::vector<Rows> seen{logits(m)};
  for (const HardwareConfig& c : {bf16_weights, fp16_kv, config_of(Policy<Weights<DType::fp16>>), config_of(Policy<HiFi2>)}) {
    need(m.apply_hw_config(c));
    seen.push_back(logits(copy));
  }
  for (std::size_t i = 0; i < seen.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(seen[i] != seen[j]);
  for (std::size_t i = seen.size() - 1; i-- > 0;) {
    const Applied a = need(copy.undo());
    INFO("back to state " << i);
    CHECK(a.bytes_repacked + a.bytes_shared == m.state().totals.weights);
    CHECK(logits(m) == seen[i]);
  }
  CHECK(anchor(m.undo().error()) == "nothing_to_undo");
}

TEST_CASE("sessions go over to the new state at their next step when their caches are alike", "[apply]") {
  const LoadedModel m = load_model();
  const auto prompt = some_ids(10, vocab), more = some_ids(6, vocab, 3);
  Session s = need(m.session());
  (void)step(m, s, prompt);
  const std::shared_ptr<const ModelState> old = s.shared_state();
  need(m.apply_hw_config(bf16_weights));
  CHECK(s.shared_state() == old);
  const Rows mixed = step(m, s, more);
  CHECK(s.shared_state() == m.runner()->shared_state());
  CHECK(s.length() == 16);
  // The prompt was read with the old weights and the rest with the new: neither model alone computes that.
  Session fresh = need(m.session());
  (void)step(m, fresh, prompt);
  CHECK(worst(mixed, step(m, fresh, more)) > 0);
}

TEST_CASE("sessions whose caches differ keep their state until they are reset", "[apply]") {
  const LoadedModel m = load_model(), untouched = load_model();
  const auto prompt = some_ids(10, vocab);
  Session s = need(m.session()), twin = need(untouched.session()), empty = need(m.session());
  CHECK(step(m, s, prompt) == step(untouched, twin, prompt));
  need(m.apply_hw_config(fp16_kv));
  need(m.apply_hw_config(bf16_weights));
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto more = some_ids(4, vocab, 20 + i);
    CHECK(step(m, s, more) == step(untouched, twin, more));
  }
  CHECK(s.shared_state() != m.runner()->shared_state());
  // Sessions of before and after do not share a step; refused, it changes nothing.
  const std::int32_t token = 5;
  Session fresh = need(m.session());
  const BatchItem both[] = {{.session = &fresh, .tokens = {&token, 1}}, {.session = &s, .tokens = {&token, 1}}};
  const auto refused = m.runner()->step(both);
  REQUIRE(!refused.has_value());
  CHECK(anchor(refused.error()) == "mixed_states");
  CHECK(fresh.length() == 0);
  CHECK(s.length() == 22);
  // An empty session, made before or reset, is one of the new state.
  s.reset();
  const Rows now = logits(m);
  CHECK(step(m, s, some_ids(20, vocab)) == now);
  CHECK(step(m, empty, some_ids(20, vocab)) == now);
  CHECK(s.shared_state() == m.runner()->shared_state());
  const BatchItem three[] = {{.session = &fresh, .tokens = {&token, 1}},
                             {.session = &s, .tokens = {&token, 1}},
                             {.session = &empty, .tokens = {&token, 1}}};
  need(m.runner()->step(three));
}

TEST_CASE("a session belongs to its model through every change, and to no other", "[apply]") {
  const LoadedModel m = load_model(), other = load_model();
  Session s = need(other.session());
  need(m.apply_hw_config(fp16_kv));
  const std::int32_t token = 1;
  const BatchItem item{.session = &s, .tokens = {&token, 1}};
  CHECK(anchor(m.runner()->step({&item, 1}).error()) == "wrong_state");
  CHECK(anchor(m.runner()->adopt(other.runner()->shared_state()).error()) == "wrong_state");
}

TEST_CASE("generation goes on through changes", "[apply]") {
  const LoadedModel m = load_model();
  const auto undisturbed = generated(m, 40);
  Generation g = m.generate_ids(some_ids(9, vocab), {.max_new_tokens = 40});
  std::vector<std::int32_t> ids;
  while (const auto id = g.next_id()) {
    ids.push_back(*id);
    // The first keeps this generation in its state; what comes after means other sessions.
    if (ids.size() == 10) need(m.apply_hw_config(fp16_kv));
    if (ids.size() == 20) need(m.apply_hw_config(bf16_weights));
  }
  CHECK(g.error() == nullptr);
  CHECK(ids == undisturbed);
  need(m.undo());
  need(m.undo());
  // A shorter chunk between two prompts' chunks, and a state that is adopted.
  Generation h = m.generate_ids(some_ids(90, vocab), {.max_new_tokens = 4});
  need(m.apply_hw_config(Policy<Chunk<8>>));
  int count = 0;
  while (h.next_id()) ++count;
  CHECK(h.error() == nullptr);
  CHECK(count == 4);
}

TEST_CASE("configurations change from one thread while others generate", "[apply]") {
  const LoadedModel m = load_model();
  const auto undisturbed = generated(m, 12);
  std::atomic<int> failed = 0, texts = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      while (!stop) {
        Generation g = m.generate_ids(some_ids(9, vocab), {.max_new_tokens = 12});
        int count = 0;
        while (g.next_id()) ++count;
        if (g.error() != nullptr || count != 12) ++failed;
        ++texts;
      }
    });
  int changes = 0;
  while (texts < 24 || changes < 12) {
    if (!m.apply_hw_config(changes % 3 == 0 ? fp16_kv : changes % 3 == 1 ? bf16_weights : config_of(Policy<Chunk<5>>))) ++failed;
    if (!m.hw_config("layers.1")) ++failed;
    if (!m.undo()) ++failed;
    ++changes;
  }
  stop = true;
  for (std::thread& t : threads) t.join();
  CHECK(failed == 0);
  CHECK(generated(m, 12) == undisturbed);
}

TEST_CASE("a change that does not fit is refused with its bytes, and the model stays", "[apply]") {
  LoadOptions o = options_of();
  const PlanTotals plan = load_model(o).state().totals;
  o.memory_limit = std::max(plan.peak, plan.load_peak) + 100;
  const LoadedModel m = load_model(o);
  const Rows before = logits(m);
  const auto refused = m.apply_hw_config(bf16_weights);
  REQUIRE(!refused.has_value());
  INFO(refused.error().text());
  CHECK(anchor(refused.error()) == "does_not_fit");
  CHECK(refused.error().kind == ErrorKind::memory);
  CHECK(logits(m) == before);
  CHECK(anchor(m.undo().error()) == "nothing_to_undo");
  o.memory_limit = plan.weights;
  CHECK(anchor(from_spec(spec_of<declared>("qwen2", 256), folder(), o).error()) == "does_not_fit");
}

TEST_CASE("the peak of a change counts what is held meanwhile", "[apply]") {
  const LoadedModel m = load_model();
  std::vector<Session> sessions;
  for (int i = 0; i < 3; ++i) sessions.push_back(need(m.session()));
  reset_memory_peaks();
  const Applied a = need(m.apply_hw_config(bf16_weights));
  CHECK(static_cast<std::int64_t>(memory_counters().total.peak) == a.peak);
  // The state behind undo() is held too, until the next change but one.
  reset_memory_peaks();
  const Applied b = need(m.apply_hw_config(Policy<Weights<DType::fp16>>));
  CHECK(static_cast<std::int64_t>(memory_counters().total.peak) == b.peak);
  CHECK(b.peak > a.peak);
}

TEST_CASE("handles keep the model alive", "[apply]") {
  std::optional<LoadedModel> m = load_model();
  const LayerHandle layer = m->layers[2];
  const ModuleHandle head = m->module("head");
  m.reset();
  CHECK(need(layer.attention.hw_config()).kv == DType::fp32);
  CHECK(head.apply_hw_config(Policy<HiFi4>).has_value());
}

namespace {
/// Weights that cannot be read once the flag is set.
class FailingSource final : public TensorSource {
 public:
  FailingSource(const TensorMap& tensors, const std::atomic<bool>& fails) : memory_(tensors), fails_(&fails) {}
  std::optional<TensorInfo> find(std::string_view name) const override { return memory_.find(name); }
  Result<void> read(std::string_view name, std::uint64_t offset, std::span<std::byte> into) const override {
    if (*fails_ && name.find("layers.2") != std::string_view::npos)
      return make_error(ErrorKind::file, "file_shrunk", std::string(name), "the file ends early", "restore it");
    return memory_.read(name, offset, into);
  }
  std::vector<std::string> names() const override { return memory_.names(); }
  std::string where() const override { return memory_.where(); }

 private:
  MemorySource memory_;
  const std::atomic<bool>* fails_;
};
}  // namespace

TEST_CASE("a checkpoint that cannot be read any more refuses the change and leaves the model", "[apply]") {
  const TensorMap weights = random_weights(view_of<type_of<declared>>());
  std::atomic<bool> fails = false;
  const auto m = need(TunedModel::create({.model = view_of<type_of<declared>>()},
                                         std::make_unique<const FailingSource>(weights, fails), options_of()));
  const std::int64_t held = weights_held();
  const std::shared_ptr<const ModelState> state = m->runner()->shared_state();
  fails = true;
  const PathPolicy whole{"", bf16_weights};
  CHECK(anchor(m->apply({&whole, 1}).error()) == "file_shrunk");
  CHECK(m->runner()->shared_state() == state);
  CHECK(weights_held() == held);
  fails = false;
  CHECK(need(m->apply({&whole, 1})).tensors_repacked == 17);
  fails = true;
  need(m->undo());  // reads nothing
  CHECK(m->runner()->shared_state() == state);
}
