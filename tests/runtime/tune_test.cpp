// The search for policies: a planted truth is found, noise is not kept, floors hold, a search that was interrupted ends as
// one that was not; the test it decides by; what its files may hold; and a small model from end to end.
#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/safetensors_writer.hpp>
#include <ttt/policy/policy_json.hpp>
#include <ttt/profile/paired_test.hpp>
#include <ttt/profile/tune_changes.hpp>
#include <ttt/profile/tune_rounds.hpp>
#include <ttt/tune.hpp>
#include "../engine_fixture.hpp"
#include "profile_fixture.hpp"

using namespace ttt;
using namespace ttt::test;

namespace {

constexpr int bench_layers = 8;

std::uint64_t hashed(std::string_view text, std::uint64_t h = 14695981039346656037U) {
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return h;
}
std::string whole_text(const PolicySet& set) { return std::string(name_of(set.preset.value_or(Preset::standard))) + ":" + text_of(set); }

struct Truth {
  double time = 1, kl = 0;
  std::int64_t bytes = 1000;
};

/// A machine with a planted truth: its clock, its noise and what every knob does are made up.
class Planted : public TuneBench {
 public:
  double noise = 0.02;       ///< of a run's time; one run in 25 is disturbed and takes 1.5 times as long
  double clock = 0;
  std::uint64_t seed = 1;
  PolicySet asked{Preset::standard, {}, {}};
  std::vector<TuneCandidate> list;
  std::string model = "m", machine = "c";
  std::atomic<bool> stop = false;
  long stop_at_round = -1, rounds = 0;
  std::set<std::string> loaded;  ///< whatever was prepared

  static Truth truth(const PolicySet& set) {
    Truth t;
    switch (set.preset.value_or(Preset::standard)) {
      case Preset::speed: t = {0.9, 0.002, 900}; break;
      case Preset::memory: t = {1.1, 0.004, 600}; break;
      case Preset::accuracy: t = {1.5, 0.0001, 2000}; break;
      case Preset::exact: t = {3, 0, 4000}; break;
      default: t = {1, 0.001, 1000}; break;
    }
    std::array<bool, bench_layers> narrow{};
    bool half_kv = false, null_o = false, slow_down = false, wide_head = false;
    for (const PathPolicy& p : set.tuning) {
      int first = 0, last = bench_layers - 1;
      if (p.path.starts_with("layers.") && p.path[7] != '*') {
        first = last = std::stoi(p.path.substr(7));
        if (const std::size_t dash = p.path.find('-'); dash != std::string::npos) last = std::stoi(p.path.substr(dash + 1));
      }
      const auto is = [&](WeightGroup g, DType d) { return p.config.weight(g) == d; };
      if (is(WeightGroup::gate_up, DType::int4))
        for (int l = first; l <= last; ++l) narrow[static_cast<std::size_t>(l)] = true;
      half_kv = half_kv || p.config.kv == DType::fp16;
      null_o = null_o || is(WeightGroup::o, DType::int8);
      slow_down = slow_down || p.config.fidelity_of(WeightGroup::down) == Fidelity::hifi3;
      wide_head = wide_head || is(WeightGroup::head, DType::fp16);
    }
    // Only the first and the last layer suffer from few bits.
    for (std::size_t l = 0; l < narrow.size(); ++l) {
      if (!narrow[l]) continue;
      t.time -= 0.025;
      t.bytes -= 20;
      t.kl += l == 0 || l + 1 == narrow.size() ? 0.012 : 0.0002;
    }
    if (half_kv) t = {t.time * 0.97, t.kl + 0.0003, t.bytes - 50};
    if (slow_down) t.time *= 1.08;
    if (wide_head) t = {t.time * 1.05, t.kl * 0.5, t.bytes + 100};
    return t;
  }

  double seconds() override { return clock; }
  PolicySet given() override { return asked; }
  std::string model_identity() override { return model; }
  std::string machine_identity() override { return machine; }
  Result<TuneLook> look(const PolicySet& set) override {
    if (text_of(set).find("bfloat4_b") != std::string::npos)
      return make_error(ErrorKind::request, "kernel_missing", "head", "there is no kernel for it", "use another");
    PolicySet plain = set;
    if (plain.preset == Preset::balanced) plain.preset = Preset::standard;
    return TuneLook{begun_ && whole_text(plain) == whole_text(a_), truth(set).bytes, 1};
  }
  Result<void> prepare(const PolicySet& set) override {
    b_ = set;
    if (b_.preset == Preset::balanced) b_.preset = Preset::standard;
    loaded.insert(whole_text(b_));
    since_ = 0;
    clock += 0.05;
    return {};
  }
  Result<LogitsDistance> distance() override {
    const double kl = truth(b_).kl;
    return LogitsDistance{kl, 1 - kl};
  }
  Result<std::array<double, 4>> round(bool b_first) override {
    if (++rounds == stop_at_round) stop = true;
    std::mt19937_64 random(hashed(whole_text(a_) + "|" + whole_text(b_), seed) + static_cast<std::uint64_t>(since_++) * 2 + (b_first ? 1 : 0));
    std::normal_distribution<double> normal;
    std::array<double, 4> out{};
    for (std::size_t i = 0; i < 4; ++i) {
      const double disturbed = random() % 25 == 0 ? 1.5 : 1;
      out[i] = 0.02 * truth(i < 2 ? a_ : b_).time * std::exp(noise * normal(random)) * disturbed;
      clock += out[i];
    }
    return out;
  }
  void adopt() override {
    a_ = b_;
    begun_ = true;
  }
  Result<std::vector<TuneCandidate>> candidates() override { return list; }

 private:
  PolicySet a_, b_;
  bool begun_ = false;
  int since_ = 0;
};

TuneCandidate change(std::string policy, double gain, bool layers = false) {
  TuneCandidate c;
  c.policy = std::move(policy);
  c.why = "a test";
  c.gain = gain;
  if (layers) c.first = 0, c.last = bench_layers - 1;
  return c;
}
std::vector<TuneCandidate> usual() {
  return {change("layers.*.mlp:weights.gate_up=int4", 0.2, true), change("layers.*.attention:kv=fp16", 0.03),
          change("layers.*.attention:weights.o=int8", 0.1, true), change("layers.*.mlp:fidelity.down=HiFi3", 0.02),
          change("head:weights.head=bfloat4_b", 0.01)};
}
TuneOptions options_for(TuneGoal goal, double kl) {
  TuneOptions o;
  o.goal = goal;
  o.floor = TuneFloor{.kl = kl};
  o.minutes = 60;
  return o;
}
std::vector<std::string> kept(const TuneReport& r) {
  std::vector<std::string> out;
  for (const TuneTrial& t : r.tried)
    if (t.outcome == TuneOutcome::kept) out.push_back(t.preset + t.policy);
  return out;
}
const TuneTrial& trial_of(const TuneReport& r, std::string_view what) {
  for (const TuneTrial& t : r.tried)
    if (t.policy == what || (t.policy.empty() && t.preset == what)) return t;
  FAIL("nothing was tried that is " << what << " in\n" << text_of(r, true));
  return r.tried.front();
}
std::string why_not(const Result<TuneReport>& r) {
  if (r) FAIL("a search that cannot be gave\n" << text_of(*r, true));
  return anchor(r.error());
}

}  // namespace

TEST_CASE("the signed-rank test counts every assignment of signs") {
  const auto p = [](std::vector<double> d) { return signed_rank_p(d); };
  CHECK(p({-1, -2, -3, -4, -5}) == 1.0 / 32);
  CHECK(p({-1, -2, 3, -4, -5}) == 5.0 / 32);        // {}, 1, 2, 3, 1+2
  CHECK(p({1, 2, 3, 4, 5}) == 1);
  CHECK(p({-1, -1, -1, 1}) == 5.0 / 16);            // all ranks 2.5: one positive or none
  CHECK(p({0, 0, -1, -2, -3, 0}) == 1.0 / 8);       // zeros say nothing
  CHECK(p({}) == 1);
  CHECK(p({0, 0}) == 1);
  CHECK(p({-1, -2, NAN}) == 1);
  CHECK(p({-1, -2, -INFINITY}) == 1);
  std::vector<double> first(static_cast<std::size_t>(tune_looks[0]));
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = -1.0 - static_cast<double>(i);
  CHECK(p(first) == std::ldexp(1.0, -tune_looks[0]));
  // What the first look of a search can decide, for all its looks and tests together.
  CHECK(p(first) * most_tune_tests * static_cast<double>(std::size(tune_looks)) <= 0.05);
}

TEST_CASE("the test keeps its level and the interval its share under noise that is skewed in each run") {
  std::mt19937_64 random(7);
  std::exponential_distribution<double> tail;
  int rejected = 0, covered = 0;
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    std::vector<double> d(12);
    for (double& x : d) x = tail(random) - tail(random);
    rejected += signed_rank_p(d) <= 0.05 ? 1 : 0;
    const Shift s = shift_of(d);
    covered += s.low <= 0 && s.high >= 0 ? 1 : 0;
  }
  INFO("rejected " << rejected << ", covered " << covered << " of " << draws);
  CHECK(rejected <= 0.06 * draws);
  CHECK(rejected >= 0.03 * draws);
  CHECK(covered >= 0.94 * draws);
  CHECK(covered <= 0.975 * draws);
}

TEST_CASE("a shift is the median of all pairs' means") {
  const double odd[] = {1, 2, 30};
  CHECK(shift_of(odd).median == 8.75);  // 1 1.5 2 | 15.5 16 30
  const double one[] = {-0.5};
  CHECK(shift_of(one).median == -0.5);
  CHECK(shift_of(one).low == -0.5);
  CHECK(shift_of({}).median == 0);
}

TEST_CASE("a search finds what was planted: the fastest preset, the knobs that help, the layers that bear them") {
  Planted bench;
  bench.list = usual();
  const TuneReport r = need(tune_search(bench, options_for(TuneGoal::latency, 0.01)));
  INFO(text_of(r, true));
  CHECK(name_of(*r.baseline.policy.preset) == "speed");
  CHECK(trial_of(r, "balanced").outcome == TuneOutcome::same);
  CHECK(trial_of(r, "memory").outcome == TuneOutcome::no_better);
  CHECK(trial_of(r, "accuracy").outcome == TuneOutcome::no_better);
  CHECK(trial_of(r, "head:weights.head=bfloat4_b").outcome == TuneOutcome::refused);
  CHECK(trial_of(r, "head:weights.head=bfloat4_b").note == "there is no kernel for it");
  CHECK(trial_of(r, "layers.*.mlp:fidelity.down=HiFi3").outcome == TuneOutcome::no_better);
  CHECK(trial_of(r, "layers.*.attention:weights.o=int8").outcome == TuneOutcome::no_better);
  CHECK(trial_of(r, "layers.*.mlp:weights.gate_up=int4").outcome == TuneOutcome::inaccurate);
  // Layers 1 to 6 bear four bits; 0 and 7 do not. Steps of one layer are 2.5 % of the time.
  const Truth best = Planted::truth(r.best.policy), ideal{(0.9 - 6 * 0.025) * 0.97, 0.002 + 6 * 0.0002 + 0.0003, 0};
  CHECK(best.time == Approx(ideal.time).epsilon(1e-9));
  CHECK(r.best.kl == Approx(ideal.kl).epsilon(1e-9));
  CHECK(r.best.kl <= 0.01);
  CHECK(r.ratio == Approx(ideal.time / 0.9).epsilon(0.03));
  CHECK(r.low <= ideal.time / 0.9);
  CHECK(r.high >= ideal.time / 0.9);
  CHECK(r.left == 0);
  CHECK_FALSE(r.interrupted);
  // Each that was kept was measured as often as its level asks for.
  for (const TuneTrial& t : r.tried)
    if (t.outcome == TuneOutcome::kept && t.preset.empty()) {
      CHECK(t.rounds >= tune_looks[0]);
      CHECK(t.p <= 0.05);
      CHECK(t.ratio < 1);
    }
}

TEST_CASE("noise is not kept, in a hundred searches of changes that do nothing, and a gain of three percent is") {
  int kept_noise = 0, found = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Planted bench;
    bench.seed = seed;
    for (int i = 1; i <= 24; ++i) bench.list.push_back(change("model:chunk=" + std::to_string(16 * i), 0.1));
    bench.list.push_back(change("layers.*.attention:kv=fp16", 0.01));
    TuneOptions o = options_for(TuneGoal::latency, 1);
    o.seed = seed;
    o.presets = false;
    o.least_gain = 0;  // the test alone
    const TuneReport r = need(tune_search(bench, o));
    bool noise = false;
    for (const std::string& k : kept(r)) {
      noise = noise || k.find("chunk") != std::string::npos;
      found += k.find("kv=fp16") != std::string::npos ? 1 : 0;
    }
    kept_noise += noise ? 1 : 0;
  }
  INFO("noise kept in " << kept_noise << " of 100 searches, the gain in " << found);
  CHECK(kept_noise <= 5);
  CHECK(found >= 90);
}

TEST_CASE("a search that is interrupted anywhere and resumed from its file ends as one that was not") {
  Planted whole;
  whole.list = usual();
  const TuneOptions o = options_for(TuneGoal::latency, 0.01);
  const TuneReport expected = need(tune_search(whole, o));
  const long all = whole.rounds;
  REQUIRE(all > 100);
  for (long at = 1; at < all - 16; at += 23) {
    Planted first;
    first.list = usual();
    first.stop_at_round = at;
    TuneOptions stopped = o;
    stopped.stop = &first.stop;
    std::string file;
    const TuneReport part = need(tune_search(first, stopped, {}, [&](const TuneState& s) -> Result<void> {
      file = json_of(s);
      return {};
    }));
    INFO("stopped at round " << at << " of " << all << "\n" << text_of(part, true));
    CHECK(part.interrupted);
    CHECK(part.tried.size() < expected.tried.size());
    CHECK(part.best.kl <= 0.01);
    REQUIRE_FALSE(file.empty());
    Planted second;
    second.list = {change("model:chunk=64", 0.9)};  // what the state lists counts, not what a later profile says
    if (!need(tune_state_from_json(file)).listed) second.list = usual();
    const TuneReport rest = need(tune_search(second, o, need(tune_state_from_json(file))));
    REQUIRE(rest.tried.size() == expected.tried.size());
    for (std::size_t i = 0; i < rest.tried.size(); ++i) {
      TuneTrial mine = rest.tried[i];
      mine.at = expected.tried[i].at;
      INFO("trial " << i << ": " << mine.preset << mine.policy);
      CHECK(mine == expected.tried[i]);
    }
    CHECK(rest.best.policy == expected.best.policy);
    CHECK(rest.ratio == expected.ratio);
  }
}

TEST_CASE("a budget ends a search in time, and a larger one goes on where it ended") {
  Planted bench;
  bench.list = usual();
  TuneOptions o = options_for(TuneGoal::latency, 0.01);
  o.minutes = 0.15;
  const TuneReport part = need(tune_search(bench, o));
  CHECK(part.seconds < 1.3 * 9);
  CHECK(part.left > 0);
  CHECK(part.best.kl <= 0.01);
  Planted later;
  later.list = usual();
  o.minutes = 60;
  const TuneReport rest = need(tune_search(later, o, part.state));
  Planted whole;
  whole.list = usual();
  CHECK(rest.best.policy == need(tune_search(whole, o)).best.policy);
}

TEST_CASE("a state that claims more than is true is found out at the end") {
  Planted bench;
  bench.list = usual();
  const TuneOptions o = options_for(TuneGoal::latency, 0.01);
  TuneState state = need(tune_search(bench, o)).state;
  std::size_t at = 0;
  while (state.tried[at].policy != "layers.*.mlp:weights.gate_up=int4") ++at;
  state.tried.resize(at + 1);
  state.tried[at].outcome = TuneOutcome::kept;
  state.tried[at].kl = 0.001;
  state.candidates = {state.candidates.front()};
  Planted again;
  const TuneReport r = need(tune_search(again, o, state));
  INFO(text_of(r, true));
  CHECK(r.best.policy == r.baseline.policy);
  CHECK(r.best.kl <= 0.01);
  REQUIRE(r.notes.size() == 1);
  CHECK(r.notes[0].find("outside the floor") != std::string::npos);
}

TEST_CASE("less memory is found within the floor and the time it may cost") {
  Planted bench;
  bench.list = usual();
  const TuneReport r = need(tune_search(bench, options_for(TuneGoal::memory, 0.01)));
  INFO(text_of(r, true));
  CHECK(name_of(*r.baseline.policy.preset) == "memory");
  CHECK(r.best.bytes == 600 - 6 * 20 - 50);
  CHECK(r.best.kl <= 0.01);
  // The preset takes 1.1 times as long; with no more than 5 % allowed it is no choice.
  TuneOptions strict = options_for(TuneGoal::memory, 0.01);
  strict.slack = 0.05;
  Planted other;
  other.list = usual();
  const TuneReport s = need(tune_search(other, strict));
  CHECK(name_of(*s.baseline.policy.preset) == "speed");
}

TEST_CASE("more accuracy is found within the time it may cost") {
  Planted bench;
  bench.list = {change("head:weights.head=fp16", 0.1), change("layers.*.attention:kv=fp16", 0.1)};
  TuneOptions o;
  o.goal = TuneGoal::accuracy;
  o.minutes = 60;
  const TuneReport r = need(tune_search(bench, o));
  INFO(text_of(r, true));
  CHECK(trial_of(r, "accuracy").outcome == TuneOutcome::no_better);  // 1.5 times as long
  CHECK(trial_of(r, "exact").outcome == TuneOutcome::no_better);
  CHECK(kept(r).back() == "head:weights.head=fp16");
  CHECK(r.best.kl == Approx(0.0005));
}

TEST_CASE("a preset as the floor is what that preset has, and knobs that are fixed stay") {
  Planted bench;
  bench.list = usual();
  bench.asked.whole.kv = DType::fp32;
  TuneOptions o = options_for(TuneGoal::latency, 0);
  o.floor = TuneFloor{.preset = Preset::memory};
  const TuneReport r = need(tune_search(bench, o));
  INFO(text_of(r, true));
  CHECK(r.floor_kl == 0.004);
  CHECK(r.floor_agreement == 0.996);
  CHECK(r.best.kl <= 0.004);
  CHECK(trial_of(r, "layers.*.attention:kv=fp16").outcome == TuneOutcome::same);
  CHECK(r.best.policy.whole.kv == DType::fp32);
  HardwareConfig asked, fixed;
  asked.kv = DType::fp16;
  asked.set_weights(DType::int4);
  asked.chunk = 64;
  fixed.weights[0] = DType::bf16;
  fixed.chunk = 128;
  const HardwareConfig left = without_knobs(asked, fixed);
  CHECK(left.kv == DType::fp16);
  CHECK(left.weights[0] == DType::automatic);
  CHECK(left.weights[1] == DType::int4);
  CHECK(left.chunk == 0);
}

TEST_CASE("what is no search is refused") {
  Planted bench;
  bench.list = usual();
  TuneOptions none = options_for(TuneGoal::latency, 0.01);
  for (const double m : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    none.minutes = m;
    CHECK(why_not(tune_search(bench, none)) == "tune_impossible");
  }
  TuneOptions strict = options_for(TuneGoal::latency, 0);
  strict.presets = false;
  const auto refused = tune_search(bench, strict);
  CHECK(why_not(refused) == "tune_floor_unreachable");
  CHECK(refused.error().issue.find("KL 0.001") != std::string::npos);
  // With every preset to choose from, the exact one is within any floor.
  strict.presets = true;
  CHECK(name_of(*need(tune_search(bench, strict)).best.policy.preset) == "exact");
}

TEST_CASE("a state of another model, machine or search is refused, and says which") {
  Planted bench;
  bench.list = usual();
  TuneOptions o = options_for(TuneGoal::latency, 0.01);
  const TuneState state = need(tune_search(bench, o)).state;
  const auto says = [&](Planted& other, const TuneOptions& options, const std::string& word) {
    const auto r = tune_search(other, options, state);
    CHECK(why_not(r) == "tune_state_differs");
    INFO(r.error().issue);
    CHECK(r.error().issue.find(word) != std::string::npos);
  };
  Planted model, machine, same;
  model.model = "other";
  machine.machine = "other";
  says(model, o, "model");
  says(machine, o, "machine");
  TuneOptions goal = o, floor = o;
  goal.goal = TuneGoal::memory;
  floor.floor->kl = 0.02;
  says(same, goal, "goal latency");
  says(same, floor, "kl=0.01");
  TuneState swapped = state;
  std::swap(swapped.tried[0], swapped.tried[2]);
  CHECK(why_not(tune_search(same, o, swapped)) == "tune_state_differs");
}

TEST_CASE("states are read back as they were written, and damaged ones are refused") {
  Planted bench;
  bench.list = usual();
  TuneState state = need(tune_search(bench, options_for(TuneGoal::latency, 0.01))).state;
  state.tried[1].kl = NAN;
  const std::string text = json_of(state);
  const TuneState back = need(tune_state_from_json(text));
  CHECK(json_of(back) == text);
  CHECK(back.candidates == state.candidates);
  TemporaryFolder folder;
  const std::string file = (folder.path / "state.json").string();
  need(save_tune_state(state, file));
  CHECK(json_of(need(load_tune_state(file))) == text);

  const auto spoiled = [&](std::string_view what, std::string_view by) {
    std::string t = text;
    const std::size_t at = t.find(what);
    if (at == std::string::npos) FAIL("no " << what);
    t.replace(at, what.size(), by);
    const auto r = tune_state_from_json(t, "state.json");
    if (r) FAIL(what << " as " << by << " was read");
    CHECK(r.error().file == "state.json");
    return anchor(r.error());
  };
  CHECK(spoiled("\"version\":1", "\"version\":2") == "tune_state_malformed");
  CHECK(spoiled("\"what\":\"ttt tune\"", "\"what\":\"profile\"") == "tune_state_malformed");
  CHECK(spoiled("\"model\":\"m\"", "\"model\":3") == "tune_state_malformed");
  CHECK(spoiled("\"spent_s\":", "\"spent_s\":-") == "tune_state_malformed");
  CHECK(spoiled("\"outcome\":\"kept\"", "\"outcome\":\"best\"") == "tune_state_malformed");
  CHECK(spoiled("\"rounds\":", "\"rounds\":-1") == "tune_state_malformed");
  CHECK(spoiled("\"ratio\":", "\"ratio\":0,\"x\":") == "tune_state_malformed");
  CHECK(spoiled("\"first\":0", "\"first\":9") == "tune_state_malformed");
  CHECK(spoiled("\"tried\":[", "\"tried\":{},\"x\":[") == "tune_state_malformed");
  for (std::size_t n = 0; n < text.size(); n += 97) {
    INFO("cut after " << n << " bytes");
    CHECK_FALSE(tune_state_from_json(std::string_view(text).substr(0, n)));
  }
}

TEST_CASE("goals and floors are read as they are spelled") {
  CHECK(need(tune_goal_named("prompt")) == TuneGoal::throughput);
  CHECK(anchor(tune_goal_named("fast").error()) == "tune_goal_unknown");
  CHECK(need(tune_floor_from("0.02")).kl == 0.02);
  const TuneFloor both = need(tune_floor_from("kl=0.5,agreement=0.9"));
  CHECK(both.kl == 0.5);
  CHECK(both.agreement == 0.9);
  CHECK(need(tune_floor_from("balanced")).preset == Preset::balanced);
  for (const char* wrong : {"", "kl", "kl=", "-1", "agreement=1.5", "nan", "inf", "0.1x", "0.1,,", "fastest", "kl=0.1;agreement=1"}) {
    INFO(wrong);
    const auto r = tune_floor_from(wrong);
    CHECK((!r && anchor(r.error()) == "tune_floor_malformed"));
  }
}

TEST_CASE("a model is tuned from end to end, runs as the result says, and goes back") {
  constexpr auto declared = profiled;
  TemporaryFolder folder;
  const TensorMap all = random_weights(view_of<type_of<declared>>());
  std::vector<TensorToWrite> out;
  for (const auto& [name, tensor] : all) out.push_back({{name, SafeDType::f32, tensor.shape}, std::as_bytes(std::span(tensor.data))});
  need(write_safetensors((folder.path / "model.safetensors").string(), out));
  LoadOptions load{.preset = Preset::standard, .workload = {.context = 64}, .threads = 1};
  const LoadedModel model = need(from_spec(spec_of<declared>("llama", 256), folder.path.string(), load));
  const LoadOptions before = model.options();

  TuneOptions o;
  o.minutes = 0.3;
  o.floor = TuneFloor{.kl = 0.02};
  o.state_file = (folder.path / "state.json").string();
  const TuneReport r = need(tune(model, o));
  INFO(text_of(r, true));
  REQUIRE(!r.tried.empty());
  CHECK(r.best.kl <= 0.02);
  CHECK(r.best.ms > 0);
  CHECK(r.baseline.ms > 0);
  const LoadOptions after = model.options();
  CHECK(PolicySet{after.preset, after.policy, after.tuning} == r.best.policy);
  // What was found is inside the floor when it is loaded from its file by somebody else.
  const std::string file = (folder.path / "policy.json").string();
  need(save_policy(r.best.policy, file));
  const PolicySet read = need(load_policy(file));
  CHECK(read == r.best.policy);
  load.preset = *read.preset;
  load.policy = read.whole;
  load.tuning = read.tuning;
  load.workload.logits_rows = 64;
  const auto rows = [&](const LoadOptions& with) {
    const LoadedModel m = need(from_spec(spec_of<declared>("llama", 256), folder.path.string(), with));
    Session s = need(m.session());
    const std::vector<std::int32_t> ids = some_ids(48, 512);
    const BatchItem item{.session = &s, .tokens = ids, .logits = BatchItem::Logits::all};
    need(m.runner()->step({&item, 1}));
    return std::vector<float>(m.runner()->output(), m.runner()->output() + 48 * 512);
  };
  LoadOptions fp32{.preset = Preset::exact, .workload = {.context = 64, .logits_rows = 64}, .threads = 1};
  const std::vector<float> mine = rows(load), reference = rows(fp32);
  const LogitsDistance distance = logits_distance(mine.data(), reference.data(), 48, 512);
  INFO("on other tokens KL is " << distance.kl);
  CHECK(distance.kl <= 2 * 0.02);
  (void)need(model.undo());
  CHECK(model.options().preset == before.preset);
  CHECK(model.options().policy == before.policy);
  CHECK(model.options().tuning == before.tuning);

  // Another model with the same shape is told apart by its numbers.
  out.clear();
  TensorMap other = all;
  for (auto& [name, tensor] : other) tensor.data[0] += 0.5F;
  for (const auto& [name, tensor] : other) out.push_back({{name, SafeDType::f32, tensor.shape}, std::as_bytes(std::span(tensor.data))});
  TemporaryFolder second;
  need(write_safetensors((second.path / "model.safetensors").string(), out));
  const LoadedModel stranger = need(from_spec(spec_of<declared>("llama", 256), second.path.string(), load));
  CHECK(why_not(tune(stranger, o)) == "tune_state_differs");
}

TEST_CASE("a model without logits, and a preset that does not run, are refused with a sentence") {
  TemporaryFolder folder;
  const TensorMap all = random_weights(view_of<type_of<profiled>>());
  std::vector<TensorToWrite> out;
  for (const auto& [name, tensor] : all) out.push_back({{name, SafeDType::f32, tensor.shape}, std::as_bytes(std::span(tensor.data))});
  need(write_safetensors((folder.path / "model.safetensors").string(), out));
  const LoadedModel model = need(from_spec(spec_of<profiled>("llama", 256), folder.path.string(), {.workload = {.context = 64}, .threads = 1}));
  TuneOptions o;
  o.text = "there is no tokenizer";
  CHECK(why_not(tune(model, o)) == "tokenizer_missing");
  o.text.clear();
  o.ids = {1, 512};
  CHECK(why_not(tune(model, o)) == "token_out_of_range");
  o.ids.clear();
  o.state_file = folder.path.string();
  CHECK_FALSE(tune(model, o));
}
