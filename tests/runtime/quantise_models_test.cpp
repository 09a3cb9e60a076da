// Whole models with weights in groups: how far their words are from fp32's, and that memory and bits hold as ever.
#include <cmath>
#include <cstdio>

#include <ttt/io/json.hpp>
#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/pack.hpp>

#include "engine_fixture.hpp"
#include "model_distance.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr DType formats[] = {DType::int8, DType::int4, DType::int4m};
constexpr int tokens = 192;

LoadOptions quantised(DType weights, Fidelity fidelity, int threads = 2) {
  LoadOptions o = exact({}, threads);
  o.workload = {.context = tokens + 8, .chunk = tokens, .logits_rows = tokens};
  o.policy.set_weights(weights);
  o.policy.set_fidelity(fidelity);
  return o;
}

/// Every matrix coded as the simplest recipe for 4 bits does (llama.cpp's Q4_0): the extreme of 32 becomes -8 steps.
void code_simply(const TensorSpec& t, std::vector<float>& w) {
  if (!is_matrix(t.role)) return;
  const auto k = static_cast<std::size_t>(t.columns);
  for (std::size_t at = 0; at < w.size();) {
    const std::size_t end = std::min(at + 32, (at / k + 1) * k);
    float extreme = 0;
    for (std::size_t i = at; i < end; ++i)
      if (std::abs(w[i]) > std::abs(extreme)) extreme = w[i];
    const float scale = kernels::float_from_fp16(kernels::fp16_from_float(extreme / -8));
    for (; at < end; ++at)
      w[at] = scale != 0 ? std::clamp(std::nearbyint(w[at] / scale), -8.F, 7.F) * scale : 0;
  }
}
/// A folder's model in fp32 with its weights changed.
Engine changed(const std::filesystem::path& folder, void (*change)(const TensorSpec&, std::vector<float>&)) {
  const ModelConfig config = need(read_config(folder.string()));
  const CheckpointSource source(need(Checkpoint::open(folder.string())));
  const OwnedModel model(config.spec);
  TensorMap all;
  for (const TensorSpec& t : tensors_of(model.view(), config.names)) {
    const TensorInfo info = source.find(t.name).value();
    Tensor& tensor = all[t.name];
    tensor.shape = info.shape;
    tensor.data.resize(static_cast<std::size_t>(t.rows) * static_cast<std::size_t>(t.columns));
    std::vector<std::byte> raw(tensor.data.size() * static_cast<std::size_t>(catalog::bytes_of(info.dtype)));
    need(source.read(t.name, 0, raw));
    kernels::widen(info.dtype, raw.data(), static_cast<std::int64_t>(tensor.data.size()), tensor.data.data());
    change(t, tensor.data);
  }
  return need(try_engine(config, MemorySource(all), quantised(DType::stored, Fidelity::hifi4)));
}

/// Bounds of `kl` and `agreement`: 8 bits, 4 bits.
void check(const char* name, const std::filesystem::path& folder, const std::vector<std::int32_t>& prompt, Distance eight, Distance four) {
  Engine whole = engine(folder, quantised(DType::stored, Fidelity::hifi4));
  const std::vector<std::int32_t> ids = story(whole, prompt, tokens);
  const std::vector<float> wanted = logits_of(whole, ids);
  Engine simple = changed(folder, code_simply);
  const Distance simplest = distance(wanted, logits_of(simple, ids), simple.vocab());
  std::printf("%s Q4_0's recipe: KL %.6f nats, the same likeliest token %.1f %%\n", name, simplest.kl,
              100 * simplest.agreement);
  for (const DType format : formats)
    for (const Fidelity fidelity : {Fidelity::hifi4, Fidelity::lofi}) {
      Engine e = engine(folder, quantised(format, fidelity));
      const Distance d = distance(wanted, logits_of(e, ids), e.vocab());
      std::printf("%s %s %s: KL %.6f nats, the same likeliest token %.1f %%\n", name, name_of(format).data(),
                  fidelity == Fidelity::lofi ? "LoFi" : "HiFi4", d.kl, 100 * d.agreement);
      const Distance& bound = format == DType::int8 ? eight : four;
      INFO(name << " " << name_of(format) << " KL " << d.kl << ", agreement " << d.agreement);
      CHECK(d.kl < bound.kl);
      CHECK(d.agreement > bound.agreement);
      CHECK(d.kl < simplest.kl);
    }
}

constexpr auto mixed =
    Embedding<293, 96, Policy<Weights<DType::int8>>>
    >> Repeat<2, TransformerLayer<96, Attention<6, 2, 16, Policy<Weights<DType::int4m>, LoFi>>, SwiGlu<200, Policy<WeightsOf<WeightGroup::gate_up, DType::int4>, WeightsOf<WeightGroup::down, DType::fp16>>>>>
    >> RmsNorm<96> >> Linear<96, 293, TiedTo<"embedding">, Policy<Weights<DType::int8>>>;

}  // namespace

TEST_CASE("the demo model stays near itself in 8 and in 4 bits", "[quantise]") {
  const auto golden = json::Document::read(std::string(TTT_SOURCE_ROOT) + "/tools/demo_model/demo_golden.json");
  REQUIRE(golden);
  std::vector<std::int32_t> prompt;
  for (const auto one : golden->root()["cases"]) {
    for (const auto id : one.value["prompt_ids"])
      prompt.push_back(static_cast<std::int32_t>(id.value.as_int().value_or(0)));
    break;
  }
  check("demo", std::string(TTT_SOURCE_ROOT) + "/tools/demo_model/demo", prompt, {0.002, 0.97}, {0.2, 0.8});
}

TEST_CASE("stories260K stays near itself in 8 and in 4 bits", "[quantise]") {
  if (!has_golden("real/stories260K")) return;
  check("stories260K", golden("real/stories260K"), {1, 403, 407, 261, 378}, {0.002, 0.97}, {0.2, 0.8});
}

TEST_CASE("formats mix freely, tied tables included; memory is as planned and bits do not depend on threads", "[quantise]") {
  LoadOptions options{.workload = {.context = 64, .chunk = 16, .logits_rows = 16}};
  const std::vector<std::int32_t> ids = some_ids(16, 293);
  for (const std::string& isa : isas()) {
    options.isa = isa;
    std::vector<float> first;
    for (const int threads : {1, 2, 3}) {
      options.threads = threads;
      const auto before = static_cast<std::int64_t>(memory_counters().total.current);
      reset_memory_peaks();
      Engine e = random_engine<mixed>(options);
      const PlanTotals& t = e.state->totals;
      CHECK(static_cast<std::int64_t>(memory_counters().total.current) - before == t.weights + t.arena);
      CHECK(static_cast<std::int64_t>(memory_counters().total.peak) - before == std::max(t.load_peak, t.weights + t.arena));
      Session s = e.session();
      std::vector<float> logits = e.step(s, ids);
      for (const std::int32_t id : {7, 200, 3}) {  // one token at a time
        const std::vector<float> last = e.step(s, {&id, 1});
        logits.insert(logits.end(), last.begin(), last.end());
      }
      if (threads == 1) first = logits;
      INFO(isa << ", " << threads << " threads");
      CHECK(worst(logits, first) == 0);
    }
  }
}
