// What the tests of profiles share: a small model, a machine whose rates are made up, and passes that took as long as
// a test says.
#pragma once

#include <initializer_list>
#include <utility>

#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/calibration.hpp>
#include <ttt/profile/noise.hpp>
#include <ttt/profile/phase_cost.hpp>
#include <ttt/profile/profile.hpp>
#include <ttt/profile/profile_rows.hpp>
#include <ttt/profile/suggest.hpp>
#include <ttt/runtime/tuned_model.hpp>
#include "../engine_fixture.hpp"

namespace ttt::test {

inline constexpr auto profiled = Embedding<512, 64>
                                 >> Repeat<4, TransformerLayer<64, Attention<4, 2, 16>, SwiGlu<160>>> >> RmsNorm<64>
                                 >> Linear<64, 512, TiedTo<"embedding">>;

/// A variable of the environment for as long as this lives.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    if (before_) ::setenv(name_, before_->c_str(), 1);
    else ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// The caller's policies as text, over fp32 or what `preset` says.
inline std::shared_ptr<TunedModel> tuned(std::string_view policy = {}, int threads = 2, int context = 128,
                                         Preset preset = Preset::exact) {
  static const TensorMap weights = random_weights(view_of<type_of<profiled>>());
  LoadOptions options{.preset = preset, .workload = {.context = context}, .threads = threads};
  const PolicySet set = policy.empty() ? PolicySet{} : need(parse_policy(policy));
  options.policy = set.whole;
  options.tuning = set.tuning;
  const StateInput input{.model = view_of<type_of<profiled>>(), .max_position = 4096};
  return need(TunedModel::create(input, std::make_unique<MemorySource>(weights), options));
}

/// 10 GB/s from memory on one thread or two, 20 and 40 GB/s from the cache, 50 GFLOP/s a thread in fp32.
inline Calibration made_up_machine() {
  Calibration c;
  c.processor = "made up";
  for (const int n : {1, 2}) {
    ThreadsAtWork t;
    t.threads = n;
    t.reading = {{1 << 20, 2e10 * n, 2e10}, {1 << 28, 1e10, 1e10}};
    t.fp32_flop_per_s = 5e10 * n;
    t.bf16_flop_per_s = 1e11 * n;
    t.int8_flop_per_s = 2e11 * n;
    t.op_s = n == 1 ? 1e-8 : 1e-7;
    c.threads.push_back(t);
  }
  return c;
}

/// A profile of passes that were never run: every op took as long as expected, until a test says otherwise.
class MadeUpProfile {
 public:
  static constexpr std::size_t passes = 9;

  explicit MadeUpProfile(std::shared_ptr<TunedModel> of, int threads = 2, int machine_cores = 2)
      : model(std::move(of)), calibration(made_up_machine()), rates(rates_of(calibration, threads)), cores(machine_cores) {
    measurement.threads = threads;
    measurement.decode_tokens = 8;
    measurement.repeat = static_cast<int>(passes);
    measurement.prompt.tokens = 32;
    measurement.prompt.steps = {32};
    measurement.decode.phase = Phase::decode;
    measurement.decode.tokens = 1;
    measurement.decode.depth = 32;
    measurement.decode.steps = {1};
    for (PhaseSamples* const p : {&measurement.prompt, &measurement.decode}) {
      p->ops.resize(state().ops.size());
      p->pass.assign(passes, 0.0);
      const std::vector<OpCostOfPass> costs = cost_of_pass(state().ops, rates, *p, measurement.decode_tokens);
      for (std::size_t o = 0; o < costs.size(); ++o) {
        p->ops[o].wall.assign(passes, costs[o].seconds);
        p->ops[o].busy.assign(passes, costs[o].seconds * threads);
        p->ops[o].unevenness.assign(passes, 1.0);
        for (double& pass : p->pass) pass += costs[o].seconds;
      }
    }
  }

  [[nodiscard]] const ModelState& state() const { return model->runner()->state(); }
  [[nodiscard]] std::size_t op(std::string_view path) const {
    for (std::size_t o = 0; o < state().ops.size(); ++o)
      if (state().path(state().ops[o]) == path) return o;
    FAIL("no op " << path);
    return 0;
  }
  /// One op's passes [from, to) took `times` as long.
  void slow(Phase phase, std::string_view path, double times, std::size_t from = 0, std::size_t to = passes) {
    PhaseSamples& p = phase == Phase::prompt ? measurement.prompt : measurement.decode;
    OpSamples& samples = p.ops[op(path)];
    for (std::size_t i = from; i < to; ++i) {
      p.pass[i] += samples.wall[i] * (times - 1);
      samples.wall[i] *= times;
      samples.busy[i] *= times;
    }
  }

  ProfileReport report(double factor = 1.5) {
    ProfileReport r;
    r.factor = factor;
    r.noise = noise_of(measurement, cores);
    r.totals.threads = measurement.threads;
    const RowSource source{state(), measurement, rates, r.noise, factor, measurement.decode_tokens, cores};
    const PhaseRows prompt = add_rows(source, measurement.prompt, r.rows);
    const PhaseRows decode = add_rows(source, measurement.decode, r.rows);
    r.totals.prompt_ms = r.rows[prompt.model].actual_ms.median;
    r.totals.decode_ms = r.rows[decode.model].actual_ms.median;
    r.suggestions = suggest({*model, source, calibration, {}, "ttt profile MODEL"}, prompt, decode, r.rows);
    return r;
  }

  std::shared_ptr<TunedModel> model;
  Calibration calibration;
  DeviceRates rates;
  int cores;
  Measurement measurement;
};

inline const ProfileRow& row_of(const ProfileReport& report, Phase phase, std::string_view path) {
  for (const ProfileRow& r : report.rows)
    if (r.phase == phase && r.path == path) return r;
  FAIL("no row " << name_of(phase) << " " << path);
  return report.rows.front();
}

}  // namespace ttt::test
