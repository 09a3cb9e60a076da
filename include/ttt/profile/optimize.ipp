// Definitions of optimize.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/logits_reference.hpp>
#include <ttt/profile/optimize.hpp>
#include <ttt/profile/paired_passes.hpp>
#include <ttt/profile/preset_alone.hpp>
#include <ttt/profile/tune_passage.hpp>
#include <ttt/profile/twins.hpp>
#include <ttt/runtime/token_ids.hpp>

namespace ttt {

namespace optimizing {

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
    TTT_CHECK(begin(report));
    for (const Bottleneck& b : report.bottlenecks())
      for (const Suggestion& s : b.suggestions) {
        TTT_TRY(const bool done, attempt(b.path, s, b.fault == Fault::accuracy));
        if (done) break;
      }
    for (const Suggestion& s : report.suggestions) {
      TTT_TRY([[maybe_unused]] const bool done, attempt("model", s, false));
    }
    TTT_CHECK(end());
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool stopped() {
    out_.interrupted = out_.interrupted || (o_.stop != nullptr && o_.stop->load());
    return out_.interrupted;
  }

  [[nodiscard]] Result<void> begin(const ProfileReport& report) {
    TTT_TRY(LogitsReference reference, LogitsReference::create(model_, o_.ids, o_.passes.seed));
    reference_.emplace(std::move(reference));
    const LoadOptions now = model_.options();
    TTT_TRY(now_, reference_->distance(model_, now));
    out_.before = {{report.totals.prompt_ms, report.totals.decode_ms}, model_.runner()->state().totals.peak, now_.kl, now_.agreement};
    out_.after = out_.before;
    out_.most_kl = o_.most_kl;
    out_.least_agreement = o_.least_agreement;
    if (!o_.as_near_as) return {};
    TTT_TRY(const LogitsDistance d, reference_->distance(model_, preset_alone(now, *o_.as_near_as)));
    out_.most_kl = std::min(out_.most_kl, d.kl);
    out_.least_agreement = std::max(out_.least_agreement, d.agreement);
    return {};
  }
  /// What all changes together have done, in fresh pairs.
  [[nodiscard]] Result<void> end() {
    const LoadOptions now = model_.options();
    out_.device = std::string(model_.runner()->state().request.device.name);
    out_.isa = std::string(model_.runner()->state().kernels->name);
    out_.all = {now.preset, now.policy, now.tuning};
    out_.policy = kept_ == PolicySet{} ? "" : text_of(kept_);
    out_.threads = threads_;
    out_.after.bytes = model_.runner()->state().totals.peak;
    out_.after.kl = now_.kl;
    out_.after.agreement = now_.agreement;
    if (!start_ || stopped()) return {};
    PairedPasses pairs;
    for (int i = 0; i < o_.pairs && !stopped(); ++i) TTT_CHECK(pairs.add(*start_, *current_));
    if (out_.interrupted) return {};
    out_.pairs = pairs.count();
    out_.prompt = pairs.prompt.ratio();
    out_.decode = pairs.decode.ratio();
    out_.before.times = pairs.before();
    out_.after.times = pairs.after();
    return {};
  }

  /// The model as it stands, on runners, caches and, where another number was kept, threads of its own.
  [[nodiscard]] Result<PassRunner> beside(int threads = 0) const {
    LoadOptions options = model_.options();
    if (threads_ > 0) options.threads = threads_;
    if (threads > 0) options.threads = threads;
    TTT_TRY(std::shared_ptr<const ModelState> state, model_.beside(options));
    return PassRunner::create(std::move(state), o_.passes);
  }

  /// What changes are measured beside; before the first of them is made.
  [[nodiscard]] Result<void> measure_from_here() {
    if (current_) return {};
    TTT_TRY(PassRunner now, beside());
    current_.emplace(std::move(now));
    return {};
  }

  /// Whether the row that suggested it has what it needs.
  [[nodiscard]] Result<bool> attempt(const std::string& path, const Suggestion& s, bool restores) {
    for (const TriedChange& t : out_.tried)
      if (t.suggestion.policy == s.policy && t.suggestion.threads == s.threads) return t.kept;
    if (static_cast<int>(out_.tried.size()) >= o_.most_changes || stopped()) return false;
    TriedChange t;
    t.path = path;
    t.suggestion = s;
    TTT_CHECK(s.threads > 0 ? try_threads(t) : try_policy(t, restores));
    if (out_.interrupted) return false;
    out_.tried.push_back(t);
    if (o_.progress) o_.progress(out_.tried.size(), static_cast<std::uint64_t>(o_.most_changes));
    return t.kept;
  }

  static Result<void> turn_down(TriedChange& t, const Error& error) {
    t.result = ChangeOutcome::refused;
    t.outcome = "refused: " + error.issue;
    return {};
  }

  [[nodiscard]] Result<void> try_threads(TriedChange& t) {
    if (t.suggestion.threads == (threads_ > 0 ? threads_ : model_.runner()->state().threads)) {
      t.outcome = "it runs on as many threads already";
      return {};
    }
    t.distance = now_;  // results do not depend on how many threads there are
    TTT_CHECK(measure_from_here());
    Result<PassRunner> changed = beside(t.suggestion.threads);
    if (!changed) return turn_down(t, changed.error());
    TTT_TRY(t.kept, helps(t, *changed, false));
    if (t.kept) {
      threads_ = t.suggestion.threads;
      t.outcome += fmt::format("; load it with --threads {}", threads_);
      keep(std::move(*changed), t);
    }
    return {};
  }

  [[nodiscard]] Result<void> try_policy(TriedChange& t, bool restores) {
    const Result<PolicySet> set = parse_policy(t.suggestion.policy);
    if (!set) return turn_down(t, set.error());
    const std::vector<PathPolicy> policies = policies_of(*set);
    const auto planned = model_.plan_with(policies);
    if (!planned) return turn_down(t, planned.error());
    if (runs_alike(model_.runner()->state().ops, (*planned)->ops)) {
      t.outcome = "what it would change has been changed already";
      return {};
    }
    TTT_CHECK(measure_from_here());
    if (const Result<Applied> applied = model_.apply(policies); !applied) return turn_down(t, applied.error());
    const Result<bool> good = try_applied(t, restores);
    t.kept = good && *good;
    if (t.kept) {
      kept_.whole = merged(kept_.whole, set->whole);
      kept_.tuning.insert(kept_.tuning.end(), set->tuning.begin(), set->tuning.end());
      return {};
    }
    TTT_TRY([[maybe_unused]] const Applied undone, model_.undo());
    if (!good && good.error().kind == ErrorKind::memory) return turn_down(t, good.error());
    TTT_TRY([[maybe_unused]] const bool known, good);
    return {};
  }
  /// The model has been changed.
  [[nodiscard]] Result<bool> try_applied(TriedChange& t, bool restores) {
    // What computes wrong is not worth measuring.
    TTT_TRY(t.distance, reference_->distance(model_, model_.options()));
    if (!restores && !right(t.distance)) {
      t.result = ChangeOutcome::inaccurate;
      t.outcome = "taken back: results differ too much from fp32 (" + apart(t.distance) + ")";
      return false;
    }
    TTT_TRY(PassRunner changed, beside());
    TTT_TRY(const bool good, helps(t, changed, restores));
    if (good) keep(std::move(changed), t);
    return good;
  }

  static std::string apart(const LogitsDistance& d) { return fmt::format("KL {:.2g}, {:.0f} % of the tokens", d.kl, 100 * d.agreement); }
  /// Within the limits, or hardly farther than at first, so that what is coarse already can be made faster.
  [[nodiscard]] bool right(const LogitsDistance& d) const {
    constexpr double more_kl = 1.05, less_agreement = 0.02;
    return d.kl <= std::max(out_.most_kl, more_kl * out_.before.kl) &&
           d.agreement >= std::min(out_.least_agreement, out_.before.agreement - less_agreement);
  }

  /// Measures `changed` in turns with what there is, and says what came of it.
  [[nodiscard]] Result<bool> helps(TriedChange& t, PassRunner& changed, bool restores) {
    constexpr int futile_after = 5;
    PairedPasses pairs;
    // What was to help one phase alone is no better for luck in the other.
    const Suggestion& s = t.suggestion;
    const bool either = s.delta_prompt_ms >= 0 && s.delta_decode_ms >= 0;
    std::vector<const PhasePairs*> helped;
    if (either || s.delta_prompt_ms < 0) helped.push_back(&pairs.prompt);
    if (either || s.delta_decode_ms < 0) helped.push_back(&pairs.decode);
    const auto any = [&](auto&& holds) { return std::any_of(helped.begin(), helped.end(), holds); };
    // Two looks, so that a disturbed machine has the pairs that it takes there; the level is shared by all of them.
    constexpr int looks = 2, phases = 2, more = 3;
    const double level = o_.level / static_cast<double>(looks * phases * std::max(1, o_.most_changes));
    const auto is_faster = [&] { return any([&](const PhasePairs* p) { return p->faster(o_.least_gain, level); }); };
    const int first_look = std::max(o_.pairs, futile_after);
    for (int i = 0; i < more * first_look; ++i) {
      const bool hopeful = i < futile_after || any([&](const PhasePairs* p) { return p->ratio().median <= 1 - o_.least_gain; });
      if (i >= futile_after && (restores || !hopeful)) break;
      if (i == first_look && is_faster()) break;
      if (stopped()) return false;
      TTT_CHECK(pairs.add(*current_, changed));
    }
    t.pairs = pairs.count();
    t.before = pairs.before();
    t.after = pairs.after();
    t.prompt_ratio = pairs.prompt.ratio().median;
    t.decode_ratio = pairs.decode.ratio().median;
    const std::string times = fmt::format("prompts take {:.2f} times as long, steps {:.2f}", t.prompt_ratio, t.decode_ratio);
    if (restores) {
      const bool closer = t.distance.kl <= now_.kl && t.distance.agreement >= now_.agreement;
      t.result = closer ? ChangeOutcome::kept : ChangeOutcome::no_closer;
      t.outcome = fmt::format("{}: {} ({})", closer ? "kept" : "taken back: results come no closer", apart(t.distance), times);
      return closer;
    }
    const bool faster = is_faster();
    const bool slower = pairs.prompt.slower(o_.least_gain, o_.level) || pairs.decode.slower(o_.least_gain, o_.level);
    t.result = slower ? ChangeOutcome::slower : faster ? ChangeOutcome::kept : ChangeOutcome::no_faster;
    t.outcome = fmt::format("{}: {} ({})", slower ? "taken back, as slower" : faster ? "kept" : "taken back, as no faster", times,
                            apart(t.distance));
    return faster && !slower;
  }
  void keep(PassRunner changed, const TriedChange& t) {
    if (!start_) {
      out_.before.times = t.before;
      start_ = std::move(current_);
    }
    current_.emplace(std::move(changed));
    out_.after.times = t.after;
    now_ = t.distance;
  }

  TunedModel& model_;
  const OptimizeOptions& o_;
  OptimizeReport out_;
  PolicySet kept_;
  int threads_ = 0;
  std::optional<LogitsReference> reference_;
  LogitsDistance now_{};
  std::optional<PassRunner> start_, current_;  ///< `start_`: once something was kept
};

}  // namespace optimizing

TTT_INLINE Result<OptimizeReport> optimize(TunedModel& model, const ProfileReport& report, const OptimizeOptions& options) {
  return optimizing::Optimizer(model, options).run(report);
}

TTT_INLINE Result<OptimizeReport> LoadedModel::optimize(const ProfileReport& report, const OptimizeOptions& options) const {
  OptimizeOptions with = options;
  if (with.ids.empty())
    if (const auto read = encode(tune_passage); read && check_token_ids(*read, tuned_->runner()->state().vocab)) with.ids = *read;
  return ttt::optimize(*tuned_, report, with);
}

}  // namespace ttt
