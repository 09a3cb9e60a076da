// Whole models over caches and scores of every format: how far their words are from fp32's, that bits do not depend on
// threads, and that what sessions hold is planned.
#include <cstdio>

#include <ttt/io/json.hpp>

#include "engine_fixture.hpp"
#include "model_distance.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

struct Case {
  DType kv;
  Fidelity scores;
  double kl, agreement;  ///< bounds, two to four times what is measured on the worse of the two models
};
constexpr Case cases[] = {{DType::fp16, Fidelity::hifi4, 2e-6, 0.99}, {DType::fp16, Fidelity::hifi2, 1e-5, 0.99},
                          {DType::bf16, Fidelity::hifi4, 1e-4, 0.99}, {DType::bf16, Fidelity::hifi2, 1e-4, 0.99},
                          {DType::int8, Fidelity::hifi4, 2e-3, 0.97}, {DType::int8, Fidelity::hifi2, 2e-3, 0.97},
                          {DType::int8, Fidelity::lofi, 2e-3, 0.97}};

LoadOptions cached(DType kv, Fidelity scores, int context, int threads = 2) {
  LoadOptions o = exact({}, threads);
  o.workload = {.context = context, .chunk = 192, .logits_rows = 192};
  o.policy.kv = kv;
  o.policy.set_scores(scores);
  return o;
}

/// Half of the text as a prompt, the rest token by token: both of attention's ways.
std::vector<float> read_text(Engine& e, const std::vector<std::int32_t>& ids) {
  Session s = e.session();
  const auto half = ids.size() / 2;
  std::vector<float> all = e.step(s, std::span(ids).first(half));
  for (std::size_t i = half; i < ids.size(); ++i) {
    const std::vector<float> row = e.step(s, {&ids[i], 1});
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

void check(const char* name, const std::filesystem::path& folder, const std::vector<std::int32_t>& prompt) {
  constexpr int tokens = 192;
  Engine whole = engine(folder, cached(DType::fp32, Fidelity::hifi4, tokens + 8));
  const std::vector<std::int32_t> ids = story(whole, prompt, tokens);
  const std::vector<float> wanted = read_text(whole, ids);
  for (const Case& c : cases) {
    Engine e = engine(folder, cached(c.kv, c.scores, tokens + 8));
    const Distance d = distance(wanted, read_text(e, ids), e.vocab());
    std::printf("%s kv=%s scores=%s: KL %.2e nats, the same likeliest token %.1f %%\n", name, name_of(c.kv).data(),
                name_of(c.scores).data(), d.kl, 100 * d.agreement);
    INFO(name << " kv " << name_of(c.kv) << " scores " << name_of(c.scores) << ": KL " << d.kl << ", agreement "
              << d.agreement);
    CHECK(d.kl < c.kl);
    CHECK(d.agreement > c.agreement);
  }
}

constexpr auto model = Embedding<293, 48> >> Repeat<2, TransformerLayer<48, Attention<6, 2, 10>, SwiGlu<104>>>
                       >> RmsNorm<48> >> Linear<48, 293>;

}  // namespace

TEST_CASE("the demo model stays near itself over every cache", "[kv]") {
  const auto golden = json::Document::read(std::string(TTT_SOURCE_ROOT) + "/tools/demo_model/demo_golden.json");
  REQUIRE(golden);
  std::vector<std::int32_t> prompt;
  for (const auto one : golden->root()["cases"]) {
    for (const auto id : one.value["prompt_ids"])
      prompt.push_back(static_cast<std::int32_t>(id.value.as_int().value_or(0)));
    break;
  }
  check("demo", std::string(TTT_SOURCE_ROOT) + "/tools/demo_model/demo", prompt);
}

TEST_CASE("stories260K stays near itself over every cache", "[kv]") {
  if (!has_golden("real/stories260K")) return;
  check("stories260K", golden("real/stories260K"), {1, 403, 407, 261, 378});
}

TEST_CASE("bits over threads and bytes of sessions hold for every cache", "[kv]") {
  const std::vector<std::int32_t> ids = some_ids(600, 293);
  for (const std::string& isa : isas())
    for (const Case& c : cases) {
      std::vector<float> first;
      for (const int threads : {1, 2, 3}) {
        LoadOptions o = cached(c.kv, c.scores, 620, threads);
        o.isa = isa;
        Engine e = random_engine<model>(o);
        const auto before = memory_counters()[MemoryClass::kv].current;
        Session s = e.session();
        CHECK(static_cast<std::int64_t>(memory_counters()[MemoryClass::kv].current - before) == e.state->totals.kv);
        for (std::size_t at = 0; at < ids.size(); at += 150)
          (void)e.step(s, std::span(ids).subspan(at, 150), BatchItem::Logits::none);
        std::vector<float> logits;
        for (const std::int32_t id : {7, 200, 3}) {
          const std::vector<float> row = e.step(s, {&id, 1});
          logits.insert(logits.end(), row.begin(), row.end());
        }
        if (threads == 1) first = logits;
        INFO(isa << ", kv " << name_of(c.kv) << ", scores " << name_of(c.scores) << ", " << threads << " threads");
        CHECK(worst(logits, first) == 0);
      }
    }
}
