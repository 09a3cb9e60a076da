// Definitions of tune_search.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/preset_name.hpp>
#include <ttt/profile/spread.hpp>
#include <ttt/profile/tune_changes.hpp>
#include <ttt/profile/tune_identity.hpp>
#include <ttt/profile/tune_rounds.hpp>
#include <ttt/profile/tune_search.hpp>

namespace ttt {

namespace tuning {

inline constexpr double infinite = std::numeric_limits<double>::infinity();
inline constexpr int confirming_rounds = 16;
inline constexpr double much_truer = 0.95;   ///< a KL must fall to this share of what it was

class Search {
 public:
  Search(TuneBench& bench, const TuneOptions& options, TuneState state, const std::function<Result<void>(const TuneState&)>& saved)
      : bench_(bench), options_(options), state_(std::move(state)), saved_(saved), replay_(state_.tried.size()),
        began_(bench.seconds()), spent_before_(state_.spent), given_(bench.given()) {}

  Result<TuneReport> run() {
    if (!(options_.minutes > 0) || !std::isfinite(options_.minutes))
      return make_error(ErrorKind::request, "tune_impossible", "minutes", fmt::format("{} minutes are no time to measure in", options_.minutes),
                        "give a positive number of minutes");
    TTT_CHECK(hold_to(state_, identity_of(bench_, options_), options_.state_file));
    TTT_CHECK(resolve_floor());
    TTT_CHECK(starts());
    if (!begun_) return unreachable(state_, given_, floor_kl_, floor_agreement_);
    if (!ended_) TTT_CHECK(try_candidates());
    // What a trial without an end took is spent too: taken up again, a search whose time is over tries nothing more.
    TTT_CHECK(keep_state());
    return finish();
  }

 private:
  [[nodiscard]] bool timed() const { return options_.goal == TuneGoal::latency || options_.goal == TuneGoal::throughput; }
  [[nodiscard]] double spent() { return spent_before_ + bench_.seconds() - began_; }
  [[nodiscard]] double budget() const { return options_.minutes * 60; }
  /// What the last check takes is kept back.
  [[nodiscard]] double reserve() const { return std::min(0.1 * budget(), 15.0); }
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  [[nodiscard]] bool over() {
    const double now = spent();
    if (options_.progress)
      options_.progress(static_cast<std::uint64_t>(10 * std::min(now, budget())), static_cast<std::uint64_t>(10 * budget()));
    return stopped() || now >= budget() - reserve();
  }

  Result<void> resolve_floor() {
    const TuneFloor f = floor_of(options_);
    floor_kl_ = f.kl.value_or(infinite);
    floor_agreement_ = f.agreement.value_or(0);
    if (!f.preset) return {};
    TTT_CHECK(bench_.prepare(PolicySet{f.preset, given_.whole, given_.tuning}));
    TTT_TRY(const LogitsDistance d, bench_.distance());
    floor_kl_ = std::min(floor_kl_, d.kl);
    floor_agreement_ = std::max(floor_agreement_, d.agreement);
    return {};
  }
  [[nodiscard]] bool inside(double kl, double agreement) const { return kl <= floor_kl_ && agreement >= floor_agreement_; }

  /// The presets, each as a trial; the first within the floor is where times are compared with.
  Result<void> starts() {
    std::vector<Preset> presets{given_.preset.value_or(Preset::standard)};
    if (options_.presets)
      presets = {Preset::standard, Preset::balanced, Preset::speed, Preset::memory, Preset::accuracy, Preset::exact};
    for (const Preset p : presets) {
      if (p == Preset::exact && begun_ && presets.size() > 1 && options_.goal != TuneGoal::accuracy) continue;
      TTT_CHECK(attempt({.policy = {}, .why = options_.presets ? "a preset" : "as it is"}, std::string(name_of(p))));
      if (ended_) break;
    }
    start_ = best_;
    start_side_ = side_;
    kept_.clear();
    return {};
  }

  /// Behind those of as much gain.
  void enqueue(const TuneCandidate& c) {
    queue_.insert(std::upper_bound(queue_.begin(), queue_.end(), c, [](const auto& a, const auto& b) { return a.gain > b.gain; }), c);
  }
  Result<void> try_candidates() {
    if (!state_.listed) {
      TTT_TRY(state_.candidates, bench_.candidates());
      state_.listed = true;
      TTT_CHECK(keep_state());
    }
    for (const TuneCandidate& c : state_.candidates) enqueue(c);
    while (!queue_.empty() && !ended_) {
      if (tests_ >= most_tune_tests) {
        notes_.push_back(fmt::format("{} comparisons were made, and the level is shared by no more", most_tune_tests));
        break;
      }
      const TuneCandidate c = queue_.front();
      TTT_CHECK(attempt(c, {}));
      if (ended_) break;
      queue_.erase(queue_.begin());
      const TuneTrial& t = state_.tried[done_ - 1];
      if (t.outcome != TuneOutcome::inaccurate || c.first < 0 || c.last <= c.first) continue;
      const int middle = (c.first + c.last) / 2;
      for (const auto& [from, to] : {std::pair{c.first, middle}, std::pair{middle + 1, c.last}})
        if (const std::optional<TuneCandidate> half = for_layers(c, from, to); half && half->gain >= options_.least_gain) enqueue(*half);
    }
    return {};
  }

  [[nodiscard]] Result<PolicySet> with(const TuneCandidate& c, const std::string& preset) const {
    if (preset.empty()) return with_change(best_, c, given_);
    PolicySet set = given_;
    TTT_TRY(set.preset, preset_named(preset));
    return set;
  }

  /// One trial: a recorded one is taken as it ended, another is made and recorded. `ended_` where there is no time for it.
  Result<void> attempt(const TuneCandidate& c, const std::string& preset) {
    TTT_TRY(const PolicySet set, with(c, preset));
    if (done_ < replay_) {
      const TuneTrial& t = state_.tried[done_];
      if (t.policy != c.policy || t.preset != preset)
        return make_error(ErrorKind::request, "tune_state_differs", "state",
                          fmt::format("trial {} is of '{}', where this search tries '{}'", done_ + 1, t.preset + t.policy, preset + c.policy),
                          "begin anew with another file", options_.state_file);
      ++done_;
      account(t, set);
      unrestored_ = true;
      return {};
    }
    if (begun_ && over()) {
      ended_ = true;
      return {};
    }
    if (unrestored_ && begun_) TTT_CHECK(bench_.prepare(best_));
    if (unrestored_ && begun_) bench_.adopt();
    unrestored_ = false;
    TuneTrial t;
    t.preset = preset;
    t.policy = c.policy;
    t.why = c.why;
    TTT_CHECK(judge(c, set, t));
    if (ended_) return {};
    t.at = spent();
    state_.tried.push_back(t);
    state_.spent = t.at;
    ++done_;
    account(t, set);
    if (t.outcome == TuneOutcome::kept) bench_.adopt();
    return keep_state();
  }

  static Result<void> turn_down(TuneTrial& t, const Error& error) {
    t.outcome = TuneOutcome::refused;
    t.note = error.issue;
    return {};
  }
  Result<void> judge(const TuneCandidate& c, const PolicySet& set, TuneTrial& t) {
    const auto look = bench_.look(set);
    if (!look) return turn_down(t, look.error());
    t.bytes = look->bytes;
    t.outcome = TuneOutcome::same;
    if (begun_ && look->same) return {};
    t.outcome = TuneOutcome::unpromising;
    if (t.preset.empty() && !c.advised && !c.truer && timed() && look->expected > 1.05) return {};
    if (begun_ && options_.goal == TuneGoal::memory && static_cast<double>(look->bytes) > 0.999 * static_cast<double>(side_.bytes)) return {};
    if (const auto prepared = bench_.prepare(set); !prepared) return turn_down(t, prepared.error());
    TTT_TRY(const LogitsDistance d, bench_.distance());
    t.kl = d.kl;
    t.agreement = d.agreement;
    t.outcome = TuneOutcome::inaccurate;
    if (!inside(d.kl, d.agreement)) return {};
    t.outcome = TuneOutcome::kept;
    if (!begun_) return {};
    const bool truer = d.kl <= much_truer * side_.kl;
    if (c.truer && truer) return {};
    t.outcome = TuneOutcome::no_better;
    if ((c.truer || options_.goal == TuneGoal::accuracy) && !truer) return {};
    TTT_TRY(const TuneRounds r, compare(timed() ? 0 : std::log1p(options_.slack) - drift_));
    ended_ = r.ended;
    if (ended_) return {};
    t.rounds = static_cast<int>(r.log_ratios.size());
    t.ratio = std::exp(r.shift.median);
    t.low = std::exp(r.shift.low);
    t.high = std::exp(r.shift.high);
    t.p = r.p;
    const bool enough = !timed() || t.ratio <= 1 - options_.least_gain;
    if (r.helps && enough) t.outcome = TuneOutcome::kept;
    return {};
  }

  void account(const TuneTrial& t, const PolicySet& set) {
    tests_ += t.rounds > 0 ? 1 : 0;
    if (t.outcome != TuneOutcome::kept) return;
    best_ = set;
    side_ = {set, 0, t.bytes, t.kl, t.agreement};
    drift_ += std::log(t.ratio);
    kept_.push_back(side_);
    begun_ = true;
  }

  [[nodiscard]] Result<TuneRounds> compare(double margin) {
    return tune_compare(bench_, {margin, options_.level, coin()}, [this] { return over(); });
  }
  /// Of the trial that comes next.
  [[nodiscard]] std::uint64_t coin() const { return options_.seed + 0x9E3779B97F4A7C15U * (done_ + 1); }

  /// The best is loaded anew, verified as a whole, and compared with where it began.
  Result<TuneReport> finish() {
    TuneReport report;
    report.interrupted = stopped();
    for (;;) {
      const TuneSide& last = kept_.empty() ? start_side_ : kept_.back();
      TTT_CHECK(bench_.prepare(last.policy));
      TTT_TRY(const LogitsDistance d, bench_.distance());
      bench_.adopt();
      report.best = last;
      report.best.kl = d.kl;
      report.best.agreement = d.agreement;
      if (inside(d.kl, d.agreement)) break;
      if (kept_.empty()) {
        return make_error(ErrorKind::request, "tune_floor_unreachable", "floor",
                          fmt::format("where it began, KL {:.3g} and agreement {:.4g} are outside it", d.kl, d.agreement), "lower the floor");
      }
      notes_.push_back("what was kept last is outside the floor on a second look, and was taken back");
      kept_.pop_back();
    }
    report.baseline = start_side_;
    if (!report.interrupted) TTT_CHECK(confirm(report));
    report.goal = options_.goal;
    report.floor_kl = floor_kl_;
    report.floor_agreement = floor_agreement_;
    report.level = options_.level;
    report.tried = state_.tried;
    report.left = queue_.size();
    report.seconds = spent();
    if (!state_.listed) notes_.push_back("the time was over before anything but presets was tried");
    report.notes = std::move(notes_);
    report.state = std::move(state_);
    return report;
  }
  Result<void> confirm(TuneReport& report) {
    TTT_CHECK(bench_.prepare(start_));
    done_ = state_.tried.size() + 1;  // another coin
    TTT_TRY(TuneRounds r, tune_rounds(bench_, coin(), confirming_rounds,
                                      [this](int rounds) { return stopped() || (rounds >= 6 && spent() >= budget()); }));
    for (double& d : r.log_ratios) d = -d;  // here the baseline is B
    const Shift shift = shift_of(r.log_ratios);
    report.rounds = static_cast<int>(r.log_ratios.size());
    report.ratio = std::exp(shift.median);
    report.low = std::exp(shift.low);
    report.high = std::exp(shift.high);
    report.best.ms = 1e3 * Spread::of(r.a).median;
    report.baseline.ms = 1e3 * Spread::of(r.b).median;
    if (!timed() || kept_.empty() || report.ratio <= 1) return {};
    notes_.push_back(fmt::format("measured once more it takes {:.3f} times as long as where it began, which stands therefore", report.ratio));
    report.best = report.baseline;
    report.ratio = report.low = report.high = 1;
    return {};
  }

  Result<void> keep_state() {
    if (!saved_) return {};
    state_.spent = spent();
    return saved_(state_);
  }

  TuneBench& bench_;
  const TuneOptions& options_;
  TuneState state_;
  const std::function<Result<void>(const TuneState&)>& saved_;
  std::size_t replay_, done_ = 0;
  double began_, spent_before_;
  PolicySet given_, best_, start_;
  TuneSide side_, start_side_;
  std::vector<TuneSide> kept_;  ///< since the start
  std::vector<TuneCandidate> queue_;
  std::vector<std::string> notes_;
  double floor_kl_ = infinite, floor_agreement_ = 0, drift_ = 0;
  int tests_ = 0;
  bool begun_ = false, ended_ = false, unrestored_ = false;
};

}  // namespace tuning

TTT_INLINE Result<TuneReport> tune_search(TuneBench& bench, const TuneOptions& options, TuneState state,
                                          const std::function<Result<void>(const TuneState&)>& saved) {
  return tuning::Search(bench, options, std::move(state), saved).run();
}

}  // namespace ttt
