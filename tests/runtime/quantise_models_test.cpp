// Whole models with weights in groups: how far their words are from fp32's, and that memory and bits hold as ever.
#include <cmath>
#include <cstdio>

#include <ttt/io/json.hpp>

#include "engine_fixture.hpp"

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

struct Distance {
  double kl = 0;         ///< of the fp32 model's distribution to the other's, mean over positions, nats
  double agreement = 0;  ///< positions whose likeliest token is the same
};
Distance distance(const std::vector<float>& wanted, const std::vector<float>& got, int vocab) {
  Distance d;
  const auto rows = static_cast<int>(wanted.size()) / vocab;
  for (int r = 0; r < rows; ++r) {
    const float* const p = wanted.data() + std::ptrdiff_t{r} * vocab;
    const float* const q = got.data() + std::ptrdiff_t{r} * vocab;
    double sum_p = 0, sum_q = 0;
    for (int i = 0; i < vocab; ++i) {
      sum_p += std::exp(double{p[i]});
      sum_q += std::exp(double{q[i]});
    }
    for (int i = 0; i < vocab; ++i) {
      const double log_p = p[i] - std::log(sum_p);
      d.kl += std::exp(log_p) * (log_p - (q[i] - std::log(sum_q))) / rows;
    }
    d.agreement += (std::max_element(p, p + vocab) - p == std::max_element(q, q + vocab) - q) / double(rows);
  }
  return d;
}

/// The likeliest continuation of a prompt.
std::vector<std::int32_t> story(Engine& e, std::vector<std::int32_t> ids) {
  Session s = e.session();
  const std::vector<std::int32_t> begin(ids.begin(), ids.end() - 1);
  (void)e.step(s, begin, BatchItem::Logits::none);
  while (static_cast<int>(ids.size()) < tokens) {
    const std::vector<float> logits = e.step(s, {&ids.back(), 1}, BatchItem::Logits::last);
    ids.push_back(static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  return ids;
}

std::vector<float> logits_of(Engine& e, const std::vector<std::int32_t>& ids) {
  Session s = e.session();
  return e.step(s, ids);
}

/// Bounds of `kl` and `agreement`: 8 bits, 4 bits.
void check(const char* name, const std::filesystem::path& folder, const std::vector<std::int32_t>& prompt, Distance eight, Distance four) {
  Engine whole = engine(folder, quantised(DType::stored, Fidelity::hifi4));
  const std::vector<std::int32_t> ids = story(whole, prompt);
  const std::vector<float> wanted = logits_of(whole, ids);
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
