// Suggestions: each is accepted by the checks, changes the plan, saves what it says by the model of expected times, and
// names the change as the command takes it.
#include <ttt/profile/kernel_name.hpp>
#include <ttt/profile/twins.hpp>
#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// Everything a report suggests, with the row's path it stands under.
std::vector<std::pair<std::string, Suggestion>> all_of(const ProfileReport& report) {
  std::vector<std::pair<std::string, Suggestion>> out;
  for (const Suggestion& s : report.suggestions) out.emplace_back("model", s);
  for (const ProfileRow& r : report.rows)
    for (const Suggestion& s : r.suggestions) out.emplace_back(r.path, s);
  return out;
}
/// The policies of a suggestion as `apply` takes them.
std::vector<PathPolicy> policies_of(const Suggestion& s) {
  if (s.policy.empty()) return {};
  const PolicySet set = need(parse_policy(s.policy));
  std::vector<PathPolicy> out = set.tuning;
  if (set.whole != HardwareConfig{}) out.insert(out.begin(), {"model", set.whole});
  return out;
}
std::string listed(const std::vector<Suggestion>& all) {
  std::string out;
  for (const Suggestion& s : all) out += s.policy + " (" + std::to_string(s.delta_ms) + " ms)\n";
  return out;
}

}  // namespace

TEST_CASE("every suggestion is one the checks accept, and it changes the plan") {
  const std::string policy = GENERATE("", "weights=int8", "weights=int4", "weights=int8,layers.1:weights=fp32",
                                      "layers.2.attention:kernel=naive", "layers.0.mlp:kernel=naive", "kv=fp16,weights=bf16",
                                      "kv=fp16,layers.1.attention:kv=int8,scores=LoFi");
  CAPTURE(policy);
  MadeUpProfile p(tuned(policy));
  for (const char* const path : {"layers.1.mlp.gate_up", "layers.2.attention.scores", "layers.0.mlp.down", "head"}) {
    p.slow(Phase::decode, path, 4);
    p.slow(Phase::prompt, path, 4);
  }
  const ProfileReport report = p.report();
  const auto all = all_of(report);
  CHECK_FALSE(all.empty());
  for (const auto& [path, s] : all) {
    CAPTURE(path, s.policy, s.threads);
    const auto planned = p.model->plan_with(policies_of(s), s.threads);
    if (!planned) FAIL(planned.error().text());
    bool changes = (*planned)->request.parts != p.state().request.parts;
    for (std::size_t o = 0; o < p.state().ops.size(); ++o) changes = changes || !same_policy((*planned)->ops[o], p.state().ops[o]);
    CHECK(changes);
    CHECK((s.delta_ms < 0 || s.accuracy == AccuracyChange::better));
    CHECK(s.delta_bytes == (*planned)->totals.peak - p.state().totals.peak);
    CHECK_FALSE(s.why.empty());
    CHECK(s.command.rfind("ttt profile MODEL --", 0) == 0);
    CHECK(s.policy.empty() == (s.threads > 0));
  }
}

TEST_CASE("no suggestion where nothing would help: no more than half a percent is promised as a gain") {
  MadeUpProfile p(tuned("weights=int4,kv=int8,fidelity=LoFi,scores=LoFi", 1), 1, 1);
  const ProfileReport report = p.report();
  for (const auto& [path, s] : all_of(report)) {
    CAPTURE(path, s.policy);
    CHECK(s.delta_ms <= -0.005 * row_of(report, Phase::decode, "model").judged_ms);
  }
}

TEST_CASE("weights that a memory-bound model waits for are suggested narrower, worse in accuracy and smaller") {
  MadeUpProfile p(tuned());
  p.rates.reading[0].bytes_per_s = p.rates.reading[1].bytes_per_s = 1e9;  // far below what computes
  p.calibration.threads[1].reading[0].bytes_per_s = p.calibration.threads[1].reading[1].bytes_per_s = 1e9;
  MadeUpProfile slow_memory(p.model);
  slow_memory.calibration = p.calibration;
  slow_memory.rates = p.rates;
  for (PhaseSamples* const s : {&slow_memory.measurement.prompt, &slow_memory.measurement.decode}) {
    const auto costs = cost_of_pass(slow_memory.state().ops, p.rates, *s, 8);
    for (std::size_t o = 0; o < costs.size(); ++o) s->ops[o].wall.assign(9, costs[o].seconds), s->ops[o].busy.assign(9, 2 * costs[o].seconds);
  }
  const ProfileReport report = slow_memory.report();
  const auto int8 = std::find_if(report.suggestions.begin(), report.suggestions.end(),
                                 [](const Suggestion& s) { return s.policy == "weights=int8"; });
  INFO(listed(report.suggestions));
  REQUIRE(int8 != report.suggestions.end());
  CHECK(int8->accuracy == AccuracyChange::worse);
  CHECK(int8->delta_bytes < 0);
  CHECK(int8->delta_decode_ms < -0.5 * row_of(report, Phase::decode, "model").judged_ms);
}

TEST_CASE("a layer left in fp32 among int8 ones is told first to be as the others are") {
  MadeUpProfile p(tuned("weights=int8,layers.1:weights=fp32"));
  const ProfileReport report = p.report();
  const auto found = report.bottlenecks();
  REQUIRE_FALSE(found.empty());
  for (const Bottleneck& b : found) {
    CAPTURE(b.path);
    CHECK(b.layer == 1);
    REQUIRE_FALSE(b.suggestions.empty());
    // Applied, the layer is like the others.
    const auto planned = need(p.model->plan_with(policies_of(b.suggestions[0])));
    const ModelState& after = *planned;
    CAPTURE(b.suggestions[0].policy);
    CHECK(b.suggestions[0].policy.rfind("layers.1:weights=int8", 0) == 0);  // said in one word
    const std::string other = "layers.0" + b.path.substr(8);
    CHECK(same_policy(after.ops[p.op(b.path)], after.ops[p.op(other)]));
  }
}

TEST_CASE("plain loops are told to give way to the device's kernels, on their own layer") {
  MadeUpProfile p(tuned("layers.2.attention:kernel=naive"));
  p.slow(Phase::prompt, "layers.2.attention.scores", 20);
  p.slow(Phase::prompt, "layers.2.attention.qkv", 20);
  const auto found = p.report().bottlenecks();
  REQUIRE(found.size() == 2);
  for (const Bottleneck& b : found) {
    INFO(b.path << "\n" << listed(b.suggestions));
    REQUIRE_FALSE(b.suggestions.empty());
    const auto planned = need(p.model->plan_with(policies_of(b.suggestions[0])));
    CHECK(kernel_name(*planned, planned->ops[p.op(b.path)]) == kernel_name(*planned, planned->ops[p.op("layers.0" + b.path.substr(8))]));
    CHECK(planned->ops[p.op(b.path)].variant != KernelVariant::naive);
  }
}

TEST_CASE("fewer threads are no cure for what another process takes away") {
  MadeUpProfile p(tuned());
  p.measurement.signs.seconds = 1;
  p.measurement.signs.others = 0.9;
  for (PhaseSamples* const s : {&p.measurement.prompt, &p.measurement.decode})
    for (OpSamples& op : s->ops)
      for (double& wall : op.wall) wall *= 3;  // busy stays: it is waiting
  for (const Suggestion& s : p.report().suggestions) {
    CAPTURE(s.policy, s.command);
    CHECK(s.threads == 0);
  }
}

TEST_CASE("a suggestion's policy, applied, gives the plan it was judged by") {
  MadeUpProfile p(tuned());
  const ProfileReport report = p.report();
  REQUIRE_FALSE(report.suggestions.empty());
  for (const Suggestion& s : report.suggestions) {
    if (s.threads > 0) continue;
    CAPTURE(s.policy);
    const auto model = tuned();
    const auto planned = need(model->plan_with(policies_of(s)));
    need(model->apply(policies_of(s)));
    for (std::size_t o = 0; o < planned->ops.size(); ++o)
      CHECK(same_policy(planned->ops[o], model->runner()->state().ops[o]));
    CHECK(model->runner()->state().totals.peak == planned->totals.peak);
  }
}
