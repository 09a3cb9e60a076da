// optimize(): what a report suggests is tried on the model, and stays only where it makes it faster and keeps it right.
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/kernel_name.hpp>
#include <ttt/profile/optimize_text.hpp>
#include <ttt/profile/report_json.hpp>
#include <ttt/profile/report_match.hpp>
#include <ttt/profile/saved_report.hpp>
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
  o.pairs = 12;
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

TEST_CASE("suggestions that are refused or change nothing are said to be so and tried no further") {
  const auto model = tuned("weights=int8");
  ProfileReport report = suggesting({"layers.9.mlp:weights=int8", "nonsense=1", "weights=int8", "weights=int8"});
  const OptimizeReport done = need(optimize(*model, report, quick()));
  INFO(told(done));
  REQUIRE(done.tried.size() == 3);  // the same twice is one
  CHECK(done.tried[0].outcome.rfind("refused: ", 0) == 0);
  CHECK(done.tried[0].result == ChangeOutcome::refused);
  CHECK(done.tried[1].outcome.rfind("refused: ", 0) == 0);
  CHECK(done.tried[2].outcome.find("already") != std::string::npos);
  CHECK(done.tried[2].result == ChangeOutcome::same);
  for (const TriedChange& t : done.tried) CHECK((!t.kept && t.pairs == 0));
  CHECK(done.pairs == 0);
}

TEST_CASE("another number of threads is measured beside the model, which keeps its own") {
  const auto model = tuned({}, 8);
  ProfileReport report;
  Suggestion threads;
  threads.threads = 1;
  report.suggestions.push_back(threads);
  threads.threads = 8;
  report.suggestions.push_back(threads);
  OptimizeOptions o = quick();
  o.passes.prompt = 2;  // a longer one has work enough for a second core
  const OptimizeReport done = need(optimize(*model, report, o));
  INFO(told(done));
  REQUIRE(done.tried.size() == 2);
  CHECK(done.tried[0].kept);  // eight threads of a model this small wait for each other
  CHECK(done.tried[0].outcome.find("--threads 1") != std::string::npos);
  CHECK(done.threads == 1);
  CHECK(done.policy.empty());
  CHECK_FALSE(done.tried[1].kept);
  CHECK(model->runner()->state().threads == 8);
  CHECK(text_of(done).find("add to the command: --threads 1\n") != std::string::npos);
}

TEST_CASE("a limit can be another preset's distance from fp32") {
  const auto model = tuned();
  OptimizeOptions strict = quick();
  strict.as_near_as = Preset::exact;
  const OptimizeReport done = need(optimize(*model, suggesting({"weights=int4"}), strict));
  INFO(told(done));
  CHECK(done.most_kl == 0);
  CHECK(done.least_agreement == 1);
  REQUIRE(done.tried.size() == 1);
  CHECK(done.tried[0].result == ChangeOutcome::inaccurate);
}

TEST_CASE("whoever asks it to stop gets what was kept by then, and a change half measured is taken back") {
  const auto model = tuned("layers.2.mlp:kernel=naive");
  std::atomic<bool> stop{false};
  OptimizeOptions o = quick();
  o.stop = &stop;
  o.progress = [&](std::uint64_t, std::uint64_t) { stop = true; };  // the first change has been tried
  const OptimizeReport done = need(optimize(*model, suggesting({"layers.2.mlp:kernel=fused", "kernel=naive"}), o));
  INFO(told(done));
  CHECK(done.interrupted);
  REQUIRE(done.tried.size() == 1);
  CHECK(done.policy == "layers.2.mlp:kernel=fused");
  CHECK(done.after.times.prompt_ms < done.before.times.prompt_ms);
  CHECK(kernels_of(*model) == kernels_of(*tuned()));
  const auto untouched = tuned();
  const OptimizeReport none = need(optimize(*untouched, suggesting({"kernel=naive"}), o));  // still asked to
  CHECK(none.tried.empty());
  CHECK(none.interrupted);
  CHECK(text_of(none).find("interrupted before anything was tried") != std::string::npos);
}

TEST_CASE("what was kept is measured once more as a whole, and printed with what puts it into a program") {
  const auto model = tuned("layers.1.mlp:kernel=naive,layers.2.mlp:kernel=naive");
  const OptimizeReport done =
      need(optimize(*model, suggesting({"layers.1.mlp:kernel=fused", "layers.2.mlp:kernel=fused", "weights=bf16"}), quick()));
  INFO(told(done) << text_of(done));
  // a quiet machine may keep weights=bf16 too, which stands before what layers say
  CHECK(done.policy.find("layers.1.mlp:kernel=fused") != std::string::npos);
  CHECK(done.pairs == quick().pairs);
  CHECK(done.prompt.median < 0.9);
  CHECK(done.prompt.low <= done.prompt.median);
  CHECK(done.prompt.median <= done.prompt.high);
  const std::string text = text_of(done);
  CHECK(text.find("--policy '" + done.policy + "'") != std::string::npos);
  CHECK(text.find("constexpr auto tuned") != std::string::npos);
  json::Writer out;
  write_report(out.begin_object(), done);
  const auto document = need(json::Document::parse(std::move(out.end_object()).text(), "optimize"));
  CHECK(document.root()["change"].as_string() == done.policy);
  CHECK(document.root()["tried"].size() == done.tried.size());
  CHECK(document.root()["ratio"]["prompt"]["median"].as_double() == Approx(done.prompt.median));
}

TEST_CASE("a report is of a model whose ops have its paths and its operations, on its device") {
  const auto model = tuned();
  MadeUpProfile found(model);
  const ModelState& state = model->runner()->state();
  ProfileReport report = found.report();
  CHECK(check_report(report, state));
  CHECK(check_report(report, tuned("weights=int8,kv=fp16", 1, 64)->runner()->state()));  // however it ran
  report.device = "cpu";
  report.isa = state.kernels->name;
  CHECK(check_report(report, state));
  const auto refused = [&](const ProfileReport& r) {
    const auto checked = check_report(r, state, "before.json");
    return !checked && checked.error().link.ends_with("#report_differs") && checked.error().file == "before.json";
  };
  ProfileReport other = report;
  other.isa = "another level";
  CHECK(refused(other));
  other = report;
  other.device = "ttnn:wormhole_n150";
  CHECK(refused(other));
  other = report;
  for (ProfileRow& row : other.rows)
    if (row.path == "layers.3.mlp.down") row.path = "layers.4.mlp.down";
  CHECK(refused(other));
  other = report;
  for (ProfileRow& row : other.rows)
    if (row.op == "down") row.flops *= 2;
  CHECK(refused(other));
  other = report;
  std::erase_if(other.rows, [](const ProfileRow& row) { return row.layer == 3; });
  CHECK(refused(other));
}

TEST_CASE("a report that was kept names the same bottlenecks, what is less precise than its like among them") {
  const auto model = tuned("kv=fp16,layers.2.attention:kv=int8,scores=LoFi");
  const ProfileReport report = MadeUpProfile(model).report();
  const auto document = need(json::Document::parse(json_of(report), "report"));
  const ProfileReport read = need(report_of(document.root(), "report"));
  const auto before = report.bottlenecks(), after = read.bottlenecks();
  REQUIRE_FALSE(before.empty());
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(after[i].path == before[i].path);
    CHECK(after[i].fault == before[i].fault);
    CHECK(after[i].suggestions.size() == before[i].suggestions.size());
  }
  CHECK(before[0].fault == Fault::accuracy);
}

TEST_CASE("no more changes are tried than asked for") {
  const auto model = tuned();
  OptimizeOptions few = quick();
  few.most_changes = 1;
  const OptimizeReport done = need(optimize(*model, suggesting({"nonsense=1", "nonsense=2"}), few));
  CHECK(done.tried.size() == 1);
}
