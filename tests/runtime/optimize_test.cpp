// optimize(): what a report suggests is tried on the model, and stays only where it makes it faster and keeps it right.
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/kernel_name.hpp>
#include <ttt/profile/optimize.hpp>
#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// A report that suggests these changes of the whole model.
ProfileReport suggesting(std::initializer_list<const char*> policies) {
  ProfileReport r;
  for (const char* const policy : policies) {
    Suggestion s;
    s.policy = policy;
    r.suggestions.push_back(s);
  }
  return r;
}
/// Short passes: what is tried in these tests is many times slower or as fast.
OptimizeOptions quick() {
  OptimizeOptions o;
  o.passes.prompt = 32;
  o.passes.decode = 12;
  o.pairs = 7;
  return o;
}
std::string told(const OptimizeReport& r) {
  std::string out;
  for (const TriedChange& t : r.tried) out += t.path + " " + t.suggestion.policy + ": " + t.outcome + "\n";
  return out;
}
std::vector<std::string> kernels_of(const TunedModel& model) {
  const std::shared_ptr<const ModelState> state = model.runner()->shared_state();
  std::vector<std::string> out;
  for (const PlanOp& op : state->ops) out.push_back(kernel_name(*state, op));
  return out;
}

}  // namespace

TEST_CASE("plain loops on one layer are found by a profile and cured by optimize, and what was kept loads that way") {
  const auto model = tuned("layers.2.mlp:kernel=naive");
  MadeUpProfile found(model);
  found.slow(Phase::prompt, "layers.2.mlp.gate_up", 30);
  found.slow(Phase::decode, "layers.2.mlp.gate_up", 30);
  ProfileReport report = found.report();
  report.suggestions.clear();
  const OptimizeReport done = need(optimize(*model, report, quick()));
  INFO(told(done));
  REQUIRE_FALSE(done.tried.empty());
  CHECK(done.tried[0].kept);
  CHECK(done.tried[0].path == "layers.2.mlp.gate_up");
  CHECK(done.tried[0].prompt_ratio < 0.9);
  CHECK(done.policy == "layers.2.mlp:kernel=fused");
  CHECK(kernels_of(*model) == kernels_of(*tuned()));
  CHECK(kernels_of(*tuned("layers.2.mlp:kernel=naive," + done.policy)) == kernels_of(*model));
}

TEST_CASE("what makes a model slower is taken back, and the model is as it was") {
  const auto model = tuned();
  const auto before = kernels_of(*model);
  const OptimizeReport done = need(optimize(*model, suggesting({"kernel=naive"}), quick()));
  INFO(told(done));
  REQUIRE(done.tried.size() == 1);
  CHECK_FALSE(done.tried[0].kept);
  CHECK(done.tried[0].outcome.rfind("taken back", 0) == 0);
  CHECK(done.tried[0].prompt_ratio > 1.2);
  CHECK(done.policy.empty());
  CHECK(kernels_of(*model) == before);
}

TEST_CASE("what takes results farther from fp32 than allowed is taken back without being timed") {
  const auto model = tuned();
  OptimizeOptions strict = quick();
  strict.most_kl = 1e-12;
  const OptimizeReport done = need(optimize(*model, suggesting({"weights=int4"}), strict));
  INFO(told(done));
  REQUIRE(done.tried.size() == 1);
  CHECK_FALSE(done.tried[0].kept);
  CHECK(done.tried[0].outcome.find("differ too much") != std::string::npos);
  CHECK(done.tried[0].distance.kl > 1e-12);
  CHECK(done.tried[0].prompt_ratio == 0);
  CHECK(done.after.kl == done.before.kl);
  CHECK(kernels_of(*model) == kernels_of(*tuned()));
}

TEST_CASE("what restores accuracy is kept for that, whatever it costs") {
  const auto model = tuned("kv=fp16,layers.2.attention:kv=int8,scores=LoFi");
  MadeUpProfile found(model);
  ProfileReport report = found.report();
  report.suggestions.clear();
  const OptimizeReport done = need(optimize(*model, report, quick()));
  INFO(told(done));
  REQUIRE_FALSE(done.tried.empty());
  CHECK(done.tried[0].kept);
  CHECK(done.after.kl < done.before.kl);
  CHECK(kernels_of(*model) == kernels_of(*tuned("kv=fp16")));
}

TEST_CASE("suggestions that are refused, change nothing or need another start are said to be so and tried no further") {
  const auto model = tuned("weights=int8");
  ProfileReport report = suggesting({"layers.9.mlp:weights=int8", "nonsense=1", "weights=int8", "weights=int8"});
  Suggestion threads;
  threads.threads = 1;
  report.suggestions.push_back(threads);
  const OptimizeReport done = need(optimize(*model, report, quick()));
  INFO(told(done));
  REQUIRE(done.tried.size() == 4);  // the same twice is one
  CHECK(done.tried[0].outcome.rfind("refused: ", 0) == 0);
  CHECK(done.tried[1].outcome.rfind("refused: ", 0) == 0);
  CHECK(done.tried[2].outcome.find("already") != std::string::npos);
  CHECK(done.tried[3].outcome.find("--threads 1") != std::string::npos);
  for (const TriedChange& t : done.tried) CHECK_FALSE(t.kept);
}

TEST_CASE("no more changes are tried than asked for") {
  const auto model = tuned();
  OptimizeOptions few = quick();
  few.most_changes = 1;
  const OptimizeReport done = need(optimize(*model, suggesting({"nonsense=1", "nonsense=2"}), few));
  CHECK(done.tried.size() == 1);
}
