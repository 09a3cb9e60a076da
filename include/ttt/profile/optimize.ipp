// Definitions of optimize.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/measurement.hpp>
#include <ttt/profile/optimize.hpp>
#include <ttt/profile/profile_rows.hpp>
#include <ttt/profile/verify.hpp>

namespace ttt {

namespace optimizing {

/// Chance that of `pairs` at least so many come out faster when nothing has changed.
inline double sign_test(int faster, int pairs) {
  double sum = 0, ways = 1;  // pairs over i
  for (int i = 0; i <= pairs; ++i) {
    if (i >= faster) sum += ways;
    ways = ways * (pairs - i) / (i + 1);
  }
  return sum / std::pow(2.0, pairs);
}

/// Pairs of one phase.
struct Pairs {
  std::vector<double> ratios;  ///< time with the change over time without
  [[nodiscard]] double median() const { return Spread::of(ratios).median; }
  [[nodiscard]] bool faster(double by) const {
    const auto count = std::count_if(ratios.begin(), ratios.end(), [](double r) { return r < 1; });
    return median() <= 1 - by && sign_test(static_cast<int>(count), static_cast<int>(ratios.size())) < 0.05;
  }
  [[nodiscard]] bool slower(double by) const {
    const auto count = std::count_if(ratios.begin(), ratios.end(), [](double r) { return r > 1; });
    return median() >= 1 + by && sign_test(static_cast<int>(count), static_cast<int>(ratios.size())) < 0.05;
  }
};

inline std::vector<PathPolicy> policies_of(const PolicySet& set) {
  std::vector<PathPolicy> out;
  if (set.whole != HardwareConfig{}) out.push_back({"model", set.whole});
  out.insert(out.end(), set.tuning.begin(), set.tuning.end());
  return out;
}

class Optimizer {
 public:
  Optimizer(TunedModel& model, const OptimizeOptions& options) : model_(model), o_(options) {}

  [[nodiscard]] Result<OptimizeReport> run(const ProfileReport& report) {
    TTT_TRY(out_.before, distance());
    out_.after = out_.before;
    for (const Bottleneck& b : report.bottlenecks())
      for (const Suggestion& s : b.suggestions) {
        TTT_TRY(const bool done, attempt(b.path, s, b.fault == Fault::accuracy));
        if (done) break;
      }
    for (const Suggestion& s : report.suggestions) {
      TTT_TRY([[maybe_unused]] const bool done, attempt("model", s, false));
    }
    out_.policy = kept_ == PolicySet{} ? "" : text_of(kept_);
    return std::move(out_);
  }

 private:
  [[nodiscard]] Result<LogitsDistance> distance() {
    VerifyOptions how;
    how.suggest = false;
    how.seed = o_.passes.seed;
    TTT_TRY(const VerifyReport verified, verify(model_, how));
    model_.keep({});  // the reference's recording is large
    return verified.distance;
  }

  /// Whether the row that suggested it has what it needs.
  [[nodiscard]] Result<bool> attempt(const std::string& path, const Suggestion& s, bool restores) {
    for (const TriedChange& t : out_.tried)
      if (t.suggestion.policy == s.policy && t.suggestion.threads == s.threads) return t.kept;
    if (static_cast<int>(out_.tried.size()) >= o_.most_changes) return false;
    TriedChange t;
    t.path = path;
    t.suggestion = s;
    TTT_CHECK(decide(t, restores));
    out_.tried.push_back(t);
    if (o_.progress) o_.progress(out_.tried.size(), static_cast<std::uint64_t>(o_.most_changes));
    return t.kept;
  }

  [[nodiscard]] Result<void> decide(TriedChange& t, bool restores) {
    const Suggestion& s = t.suggestion;
    if (s.threads > 0) {
      t.outcome = fmt::format("left to the next start: --threads {}", s.threads);
      return {};
    }
    const Result<PolicySet> set = parse_policy(s.policy);
    if (!set) return t.outcome = "refused: " + set.error().issue, Result<void>{};
    const std::vector<PathPolicy> policies = policies_of(*set);
    const auto planned = model_.plan_with(policies);
    if (!planned) return t.outcome = "refused: " + planned.error().issue, Result<void>{};
    const std::shared_ptr<const ModelState> old = model_.runner()->shared_state();
    if (std::equal(old->ops.begin(), old->ops.end(), (*planned)->ops.begin(), (*planned)->ops.end(), same_policy)) {
      t.outcome = "what it would change has been changed already";
      return {};
    }
    TTT_TRY(const std::unique_ptr<Runner> before, Runner::create(old));
    if (const Result<Applied> applied = model_.apply(policies); !applied)
      return t.outcome = "refused: " + applied.error().issue, Result<void>{};
    const Result<bool> good = helps(t, *before, restores);
    t.kept = good && *good;
    if (!t.kept) {
      TTT_TRY([[maybe_unused]] const Applied undone, model_.undo());
      TTT_TRY([[maybe_unused]] const bool known, good);
      return {};
    }
    out_.after = t.distance;
    kept_.whole = merged(kept_.whole, set->whole);
    kept_.tuning.insert(kept_.tuning.end(), set->tuning.begin(), set->tuning.end());
    return {};
  }

  /// The model has been changed; `before` runs it as it was.
  [[nodiscard]] Result<bool> helps(TriedChange& t, Runner& before, bool restores) {
    // What computes wrong is not worth measuring.
    TTT_TRY(t.distance, distance());
    const std::string apart = fmt::format("KL {:.2g}, {:.0f} % of the tokens", t.distance.kl, 100 * t.distance.agreement);
    const bool closer = t.distance.kl <= out_.after.kl && t.distance.agreement >= out_.after.agreement;
    const bool within = t.distance.kl <= o_.most_kl && t.distance.agreement >= o_.least_agreement;
    if (!closer && !within) return t.outcome = "taken back: results differ too much from fp32 (" + apart + ")", false;
    Pairs prompt, decode;
    ProfileOptions passes = o_.passes;
    passes.repeat = 1;
    passes.progress = {};
    for (int pair = 0; pair < o_.pairs; ++pair) {
      double prompt_s[2], decode_s[2];  // with the change, without
      for (const bool first : {true, false}) {
        const bool changed = first == (pair % 2 == 0);
        TTT_TRY(const Measurement m, measure(changed ? *model_.runner() : before, passes));
        prompt_s[changed ? 0 : 1] = Spread::of(m.prompt.unrecorded).median;
        decode_s[changed ? 0 : 1] = Spread::of(m.decode.unrecorded.empty() ? m.decode.recorded : m.decode.unrecorded).median;
      }
      prompt.ratios.push_back(prompt_s[0] / prompt_s[1]);
      decode.ratios.push_back(decode_s[0] / decode_s[1]);
    }
    t.prompt_ratio = prompt.median();
    t.decode_ratio = decode.median();
    const std::string times = fmt::format("prompts take {:.2f} times as long, steps {:.2f}", t.prompt_ratio, t.decode_ratio);
    if (restores) {
      t.outcome = fmt::format("{}: {} ({})", closer ? "kept" : "taken back: results come no closer", apart, times);
      return closer;
    }
    const bool faster = prompt.faster(o_.least_gain) || decode.faster(o_.least_gain);
    const bool slower = prompt.slower(o_.least_gain) || decode.slower(o_.least_gain);
    t.outcome = fmt::format("{}: {} ({})", slower ? "taken back, as slower" : faster ? "kept" : "taken back, as no faster", times, apart);
    return faster && !slower;
  }

  TunedModel& model_;
  const OptimizeOptions& o_;
  OptimizeReport out_;
  PolicySet kept_;
};

}  // namespace optimizing

TTT_INLINE Result<OptimizeReport> optimize(TunedModel& model, const ProfileReport& report, const OptimizeOptions& options) {
  return optimizing::Optimizer(model, options).run(report);
}

TTT_INLINE Result<OptimizeReport> LoadedModel::optimize(const ProfileReport& report, const OptimizeOptions& options) const {
  return ttt::optimize(*tuned_, report, options);
}

}  // namespace ttt
