// Fidelity means something on the CPU: on one layer it changes the error and the time.
#include <algorithm>
#include <chrono>
#include <vector>

#include <ttt/policy/devices/cpu.hpp>
#include <ttt/policy/tune.hpp>
#include <ttt/checks/tune.hpp>

#include "engine_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr auto plain = Embedding<512, 384> >> Repeat<4, TransformerLayer<384, Attention<6, 2, 64, Rope<10'000>>, SwiGlu<1536>>>
                       >> RmsNorm<384> >> Linear<384, 512>;
constexpr auto low = tune<"layers.*", Policy<HiFi2>>(plain);
constexpr auto mixed = tune<"layers.2", Policy<HiFi4>>(low);

constexpr int tokens = 96;

struct Run {
  std::vector<float> logits;
  double seconds;
};
/// Logits of a prompt, and the least time of nine.
Run run(Engine& e) {
  const std::vector<std::int32_t> prompt = some_ids(tokens, 512);
  Run r{{}, 1e9};
  Session s = e.session();
  for (int i = 0; i < 9; ++i) {
    s.reset();
    const auto start = std::chrono::steady_clock::now();
    r.logits = e.step(s, prompt, BatchItem::Logits::all);
    r.seconds = std::min(r.seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return r;
}
LoadOptions loading() {
  LoadOptions o;
  o.threads = 1;
  o.workload = {.context = 128, .chunk = tokens, .logits_rows = tokens};
  o.policy.set_weights(DType::bf16);
  return o;
}

}  // namespace

TEST_CASE("HiFi4 on one layer of a HiFi2 model changes that layer's operands, the error and the time") {
  static_assert(std::tuple_size_v<decltype(types::model_configs<type_of<mixed>>::value)> == 6, "runs split: 2, 1, 1 layers");
  LoadOptions reference = loading();
  reference.preset = Preset::exact;
  Engine exact = random_engine<plain>(reference);
  Engine lows = random_engine<low>(loading());
  Engine one = random_engine<mixed>(loading());
  const Run e = run(exact), l = run(lows), m = run(one);
  const double low_error = worst(l.logits, e.logits), mixed_error = worst(m.logits, e.logits);
  INFO("largest error against fp32 operands: HiFi2 " << low_error << ", with layer 2 at HiFi4 " << mixed_error);
  CHECK(low_error > 0);
  CHECK(worst(l.logits, m.logits) > 0);
  CHECK(1 - pcc(m.logits, e.logits) < 1 - pcc(l.logits, e.logits));
  for (const PlanOp& op : one.state->ops) {
    const bool in_layer = op.name != OpName::none && op.name != OpName::attention_scores;
    if (!in_layer) continue;
    CHECK(op.operands == (op.module == 3 ? DType::fp32 : DType::bf16));
  }
  // Natively bf16 products are the faster, emulated they are the slower: a quarter of the layers is well above noise.
  const double ratio = m.seconds / l.seconds;
  INFO("time of a prompt of " << tokens << " with one layer at HiFi4, relative to none: " << ratio);
  CHECK((ratio > 1.02 || ratio < 0.98));
}

TEST_CASE("the same policy by path at run time gives the same bits as in the type") {
  Engine one = random_engine<mixed>(loading());
  LoadOptions by_path = loading();
  HardwareConfig hifi2, hifi4;
  hifi2.set_fidelity(Fidelity::hifi2);
  hifi4.set_fidelity(Fidelity::hifi4);
  by_path.tuning = {{"layers.*", hifi2}, {"layers.2", hifi4}};
  Engine path = random_engine<plain>(by_path);
  CHECK(worst(run(one).logits, run(path).logits) == 0);
  CHECK(path.state->model.view().runs.size() == one.state->model.view().runs.size());

  by_path.tuning = {{"layers.9", hifi4}};
  const OwnedModel model(view_of<type_of<plain>>());
  const TensorMap weights = random_weights(model.view());
  const auto refused = make_state({.model = model.view()}, MemorySource(weights), by_path);
  REQUIRE(!refused);
  CHECK(refused.error().link.ends_with("#layer_is_not_there"));
  CHECK(refused.error().module == "\"layers.9\"");
}
