// Rows and bottlenecks of a report, from passes whose times are made up: what is flagged, what is not, and in which order.
#include <set>

#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

/// Paths of what a report finds, the phase before them.
std::vector<std::string> found(const ProfileReport& report, double factor = 1.5) {
  std::vector<std::string> out;
  for (const Bottleneck& b : report.bottlenecks(factor)) out.push_back(std::string(name_of(b.phase)) + " " + b.path);
  return out;
}
using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("a report has a row for the model, each module and each op, of both phases, and they add up") {
  MadeUpProfile p(tuned());
  const ProfileReport report = p.report();
  for (const Phase phase : {Phase::prompt, Phase::decode}) {
    CAPTURE(name_of(phase));
    std::set<std::string> paths;
    double modules = 0, ops = 0, expected = 0, flops = 0;
    for (const ProfileRow& r : report.rows) {
      if (r.phase != phase) continue;
      CAPTURE(r.path, r.op);
      CHECK(r.actual_ms.min <= r.actual_ms.median);
      CHECK(r.actual_ms.median <= r.actual_ms.max);
      if (r.path == "model") continue;
      CHECK((r.layer >= 0) == (r.path.rfind("layers.", 0) == 0));
      if (r.op.empty()) {
        modules += r.actual_ms.median;
        CHECK(paths.insert(r.path).second);
      } else {
        ops += r.actual_ms.median;
        expected += r.expected_ms;
        flops += r.flops;
        CHECK_FALSE(r.kernel.empty());
        CHECK(r.memory_use >= 0);
        CHECK(r.compute_use >= 0);
        CHECK(r.compute_use < 1.001);
      }
    }
    const ProfileRow& model = row_of(report, phase, "model");
    CHECK(modules == Approx(model.actual_ms.median));
    CHECK(ops == Approx(model.actual_ms.median));
    CHECK(expected == Approx(model.expected_ms));
    CHECK(flops == Approx(model.flops));
    for (int layer = 0; layer < 4; ++layer)
      for (const char* const module : {"attention", "mlp"})
        CHECK(paths.count("layers." + std::to_string(layer) + "." + module) == 1);
    for (const char* const path : {"layers.2.attention.qkv", "layers.2.attention.scores", "layers.2.attention.o",
                                   "layers.2.mlp.gate_up", "layers.2.mlp.down"})
      CHECK(row_of(report, phase, path).layer == 2);
  }
}

TEST_CASE("what takes as long as expected is no bottleneck, at any factor above 1") {
  MadeUpProfile p(tuned());
  const ProfileReport report = p.report();
  CHECK(found(report).empty());
  CHECK(found(report, 1.01).empty());
  for (const ProfileRow& r : report.rows) {
    CAPTURE(name_of(r.phase), r.path);
    CHECK_FALSE(r.flagged);
    CHECK(r.judged_ms == Approx(r.expected_ms));
  }
}

TEST_CASE("an op that takes longer than the factor says is found in its layer and phase alone") {
  MadeUpProfile p(tuned());
  p.slow(Phase::decode, "layers.2.mlp.down", 2);
  const ProfileReport report = p.report();
  CHECK(found(report) == Paths{"decode layers.2.mlp.down"});
  CHECK(found(report, 1.9) == Paths{"decode layers.2.mlp.down"});
  CHECK(found(report, 2.1).empty());
  const Bottleneck b = report.bottlenecks()[0];
  CHECK(b.layer == 2);
  CHECK(b.module == "mlp");
  CHECK(b.actual_ms == Approx(2 * b.expected_ms));
  CHECK(report.rows[b.row].path == "layers.2.mlp.down");
  CHECK(report.rows[b.row].flagged);
  const ProfileRow& model = row_of(report, Phase::decode, "model");
  CHECK(b.saves == Approx((b.actual_ms - b.expected_ms) / model.actual_ms.median));
}

TEST_CASE("bottlenecks come by what fixing them would save, as a share of their pass") {
  MadeUpProfile p(tuned());
  p.slow(Phase::decode, "layers.1.attention.o", 2);
  p.slow(Phase::decode, "layers.3.mlp.gate_up", 3);
  p.slow(Phase::prompt, "layers.0.mlp.down", 2);
  const ProfileReport report = p.report();
  const std::vector<Bottleneck> all = report.bottlenecks();
  REQUIRE(all.size() == 3);
  CHECK(all[0].path == "layers.3.mlp.gate_up");
  CHECK(all[0].saves >= all[1].saves);
  CHECK(all[1].saves >= all[2].saves);
}

TEST_CASE("the factor of a report is what its rows are flagged by") {
  MadeUpProfile p(tuned());
  p.slow(Phase::decode, "layers.2.mlp.down", 2);
  CHECK(row_of(p.report(1.5), Phase::decode, "layers.2.mlp.down").flagged);
  CHECK_FALSE(row_of(p.report(2.5), Phase::decode, "layers.2.mlp.down").flagged);
  CHECK(p.report(2.5).bottlenecks().empty());
  CHECK(p.report(2.5).bottlenecks(1.5).size() == 1);
}

TEST_CASE("a layer configured otherwise than the others is held against what they take") {
  // It takes what its own configuration should: only its twins tell that it is out of line.
  MadeUpProfile p(tuned("weights=int8,layers.1.mlp:weights=fp32"));
  const ProfileReport report = p.report();
  const ProfileRow& odd = row_of(report, Phase::decode, "layers.1.mlp.gate_up");
  CHECK(odd.judged_ms == Approx(odd.expected_ms));
  CHECK(odd.should_ms == Approx(row_of(report, Phase::decode, "layers.0.mlp.gate_up").judged_ms));
  CHECK(odd.flagged);
  CHECK_FALSE(row_of(report, Phase::decode, "layers.0.mlp.gate_up").flagged);
  CHECK_FALSE(row_of(report, Phase::decode, "layers.1.attention.qkv").flagged);
}

TEST_CASE("more threads than cores are the model's fault and no op's") {
  MadeUpProfile p(tuned({}, 4), 4, 2);
  for (const char* const path : {"layers.0.mlp.down", "layers.1.attention.scores", "layers.3.mlp.gate_up", "head"})
    p.slow(Phase::decode, path, 30);
  const ProfileReport report = p.report();
  CHECK(found(report) == Paths{"decode model", "prompt model"});
  for (const Bottleneck& b : report.bottlenecks()) {
    REQUIRE_FALSE(b.suggestions.empty());
    CHECK(b.suggestions[0].threads == 2);
    CHECK(b.suggestions[0].command == "ttt profile MODEL --threads 2");
    CHECK(b.suggestions[0].delta_ms <= 0);
  }
}

TEST_CASE("with others on the machine an op is judged by its calmest passes") {
  MadeUpProfile p(tuned());
  p.measurement.signs.seconds = 1;
  p.measurement.signs.others = 0.9;
  p.slow(Phase::decode, "layers.2.mlp.down", 4, 3);  // six of nine passes
  const ProfileReport noisy = p.report();
  CHECK(noisy.noise.competing);
  CHECK(noisy.noise.text.find("0.9 cores") != std::string::npos);
  CHECK(found(noisy).empty());
  p.measurement.signs.others = 0;
  const ProfileReport quiet = p.report();
  CHECK_FALSE(quiet.noise.competing);
  CHECK(quiet.noise.text.empty());
  CHECK(found(quiet) == Paths{"decode layers.2.mlp.down"});
}

TEST_CASE("an op that is slow in every pass is found on a busy machine too, if it is not what the others are") {
  MadeUpProfile p(tuned("layers.2.mlp:kernel=naive"));
  p.measurement.signs.seconds = 1;
  p.measurement.signs.others = 0.9;
  p.slow(Phase::decode, "layers.2.mlp.down", 3);
  CHECK(found(p.report()) == Paths{"decode layers.2.mlp.down"});
}

TEST_CASE("slowness that wanders from op to op is noise, slowness that stays is not") {
  const auto wandering = [](bool stays) {
    MadeUpProfile p(tuned());
    const char* const paths[] = {"layers.0.mlp.down", "layers.1.mlp.gate_up", "layers.2.attention.qkv", "layers.3.mlp.down"};
    for (std::size_t pass = 1; pass < 9; pass += 2)
      p.slow(Phase::decode, stays ? "layers.2.mlp.down" : paths[pass / 2], 60, pass, pass + (stays ? 2 : 1));
    return p.report();
  };
  CHECK(wandering(false).noise.competing);
  CHECK(wandering(false).bottlenecks().empty());
  CHECK_FALSE(wandering(true).noise.competing);
  CHECK(found(wandering(true)) == Paths{"decode layers.2.mlp.down"});
}

TEST_CASE("what could save less than half a percent of a pass is not worth a row") {
  MadeUpProfile p(tuned());
  const ProfileReport before = p.report();
  const double pass = row_of(before, Phase::decode, "model").judged_ms;
  const double rotary = row_of(before, Phase::decode, "embedding").judged_ms;
  p.slow(Phase::decode, "embedding", 1 + 0.004 * pass / rotary);
  CHECK(p.report(1.0001).bottlenecks().empty());
}

TEST_CASE("an op that is slow in every layer alike is the machine's or the model's fault, and no layer is blamed") {
  MadeUpProfile p(tuned());
  for (int layer = 0; layer < 4; ++layer) p.slow(Phase::decode, "layers." + std::to_string(layer) + ".mlp.down", 2);
  CHECK(found(p.report()).empty());
  // Plain loops in every layer are told what the device's kernels would take.
  MadeUpProfile plain(tuned("kernel=naive"));
  for (int layer = 0; layer < 4; ++layer) plain.slow(Phase::decode, "layers." + std::to_string(layer) + ".mlp.down", 3);
  CHECK(found(plain.report()).size() == 4);
}

TEST_CASE("with others on the machine time alone blames no op of the library's own kernels") {
  MadeUpProfile p(tuned("head:kernel=naive"));
  p.measurement.signs.seconds = 1;
  p.measurement.signs.others = 0.9;
  p.slow(Phase::decode, "layers.2.mlp.down", 5);
  CHECK(found(p.report()).empty());
  for (std::size_t o = 0; o < p.state().ops.size(); ++o) p.slow(Phase::decode, p.state().path(p.state().ops[o]), 2);
  CHECK(found(p.report()).empty());  // the head is as slow as everything is
  p.slow(Phase::decode, "head", 2);
  CHECK(found(p.report()) == Paths{"decode head"});
}

TEST_CASE("a layer's attention that computes less precisely than the others' is named first, whatever its time") {
  MadeUpProfile p(tuned("kv=fp16,layers.2.attention:kv=int8,scores=LoFi"));
  p.slow(Phase::decode, "layers.3.mlp.down", 3);
  const ProfileReport report = p.report();
  const std::vector<Bottleneck> all = report.bottlenecks();
  REQUIRE(all.size() == 3);
  for (int i = 0; i < 2; ++i) {
    const Bottleneck& b = all[static_cast<std::size_t>(i)];
    CHECK(b.path == "layers.2.attention.scores");
    CHECK(b.fault == Fault::accuracy);
    REQUIRE(b.suggestions.size() == 1);
    CHECK(b.suggestions[0].accuracy == AccuracyChange::better);
    CHECK(b.suggestions[0].policy.rfind("layers.2.attention:", 0) == 0);
  }
  CHECK(all[2].path == "layers.3.mlp.down");
  CHECK(all[2].fault == Fault::time);
  CHECK(row_of(report, Phase::decode, "layers.2.attention").fault == Fault::accuracy);
  CHECK(row_of(report, Phase::decode, "layers.1.attention").fault == Fault::none);
  // A layer that is more precise than the others is no fault of accuracy.
  CHECK(found(MadeUpProfile(tuned("kv=int8,layers.2.attention:kv=fp16")).report()).empty());
  // Nor are all of them, precise or not.
  CHECK(found(MadeUpProfile(tuned("kv=int8,scores=LoFi")).report()).empty());
}
