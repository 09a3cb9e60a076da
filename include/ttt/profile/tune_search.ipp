// Definitions of tune_search.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/paired_test.hpp>
#include <ttt/profile/spread.hpp>
#include <ttt/profile/tune_search.hpp>

namespace ttt {

namespace tuning {

inline constexpr double infinite = std::numeric_limits<double>::infinity();
inline constexpr int futile_after = 5;       ///< rounds, after which what shows no gain is given up
inline constexpr int confirming_rounds = 16;
inline constexpr double much_truer = 0.95;   ///< a KL must fall to this share of what it was

inline std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// A change for some of the layers it is about.
inline std::optional<TuneCandidate> for_layers(const TuneCandidate& c, int first, int last) {
  auto set = parse_policy(c.policy);
  if (!set) return std::nullopt;
  for (PathPolicy& p : set->tuning) {
    if (!p.path.starts_with("layers.")) continue;
    const std::size_t end = std::min(p.path.find('.', 7), p.path.size());
    p.path = (first == last ? fmt::format("layers.{}", first) : fmt::format("layers.{}-{}", first, last)) + p.path.substr(end);
  }
  TuneCandidate out = c;
  out.policy = text_of(*set);
  out.first = first;
  out.last = last;
  out.gain = c.gain * (last - first + 1) / (c.last - c.first + 1);
  return out;
}

class Search {
 public:
  Search(TuneBench& bench, const TuneOptions& options, TuneState state, const std::function<Result<void>(const TuneState&)>& saved)
      : bench_(bench), options_(options), state_(std::move(state)), saved_(saved), replay_(state_.tried.size()),
        began_(bench.seconds()), spent_before_(state_.spent), given_(bench.given()) {
    fixed_ = given_.whole;
    for (const PathPolicy& p : given_.tuning) fixed_ = merged(fixed_, p.config);
  }

  Result<TuneReport> run() {
    if (!(options_.minutes > 0) || !std::isfinite(options_.minutes))
      return make_error(ErrorKind::request, "tune_impossible", "minutes", fmt::format("{} minutes are no time to measure in", options_.minutes),
                        "give a positive number of minutes");
    TTT_CHECK(same_search());
    TTT_CHECK(resolve_floor());
    TTT_CHECK(starts());
    if (!begun_) return unreachable();
    if (!ended_) TTT_CHECK(try_candidates());
    return finish();
  }

 private:
  enum class Verdict : std::uint8_t { helps, no, ended };
  struct Compared {
    Verdict verdict = Verdict::no;
    int rounds = 0;
    Shift shift{};
    double p = 1;
    std::vector<double> a, b;  ///< seconds
  };

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

  Result<void> same_search() {
    TuneState now;
    now.model = bench_.model_identity();
    now.machine = bench_.machine_identity();
    const TuneFloor f = floor();
    now.how = fmt::format("goal {}, floor kl={} agreement={} preset={}, policy '{}' from {}, level {}, seed {}", name_of(options_.goal),
                          f.kl ? fmt::format("{}", *f.kl) : "-", f.agreement ? fmt::format("{}", *f.agreement) : "-",
                          f.preset ? name_of(*f.preset) : "-", text_of(PolicySet{{}, given_.whole, given_.tuning}),
                          options_.presets ? "the best preset" : name_of(given_.preset.value_or(Preset::standard)),
                          options_.level, options_.seed);
    const auto differs = [&](std::string_view what, const std::string& was, const std::string& is) {
      return make_error(ErrorKind::request, "tune_state_differs", "state", fmt::format("it was kept for {} {}, and this is {}", what, was.substr(0, 300), is),
                        "go on as it began, or begin anew with another file", options_.state_file);
    };
    if (replay_ > 0 || state_.listed) {
      if (state_.model != now.model) return differs("a model with numbers", state_.model, now.model);
      if (state_.machine != now.machine) return differs("a machine", state_.machine, now.machine);
      if (state_.how != now.how) return differs("another search:", state_.how, now.how);
    }
    state_.model = now.model;
    state_.machine = now.machine;
    state_.how = now.how;
    return {};
  }
  [[nodiscard]] TuneFloor floor() const {
    if (options_.floor) return *options_.floor;
    return options_.goal == TuneGoal::accuracy ? TuneFloor{} : TuneFloor{.kl = 0.01};
  }
  Result<void> resolve_floor() {
    const TuneFloor f = floor();
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
      TuneCandidate c;
      c.why = options_.presets ? "a preset" : "as it is";
      TTT_CHECK(attempt(c, std::string(name_of(p))));
      if (ended_) break;
    }
    start_ = best_;
    start_side_ = side_;
    kept_.clear();
    return {};
  }

  Result<void> try_candidates() {
    if (!state_.listed) {
      TTT_TRY(state_.candidates, bench_.candidates());
      std::stable_sort(state_.candidates.begin(), state_.candidates.end(), [](const auto& a, const auto& b) { return a.gain > b.gain; });
      state_.listed = true;
      TTT_CHECK(keep_state());
    }
    queue_ = state_.candidates;
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
        if (const std::optional<TuneCandidate> half = for_layers(c, from, to); half && half->gain >= options_.least_gain)
          queue_.insert(std::upper_bound(queue_.begin(), queue_.end(), *half, [](const auto& a, const auto& b) { return a.gain > b.gain; }),
                        *half);
    }
    return {};
  }

  /// The configuration with a change, less what the user has fixed.
  [[nodiscard]] Result<PolicySet> with(const TuneCandidate& c, const std::string& preset) const {
    if (!preset.empty()) {
      PolicySet set = given_;
      for (const Preset p : {Preset::standard, Preset::exact, Preset::memory, Preset::balanced, Preset::speed, Preset::accuracy})
        if (name_of(p) == preset) set.preset = p;
      return set;
    }
    TTT_TRY(PolicySet change, parse_policy(c.policy));
    change.whole = without_knobs(change.whole, fixed_);
    for (PathPolicy& p : change.tuning) p.config = without_knobs(p.config, fixed_);
    std::erase_if(change.tuning, [](const PathPolicy& p) { return p.config == HardwareConfig{}; });
    return merged(best_, change);
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
    if (unrestored_ && begun_) {
      TTT_CHECK(bench_.prepare(best_));
      bench_.adopt();
    }
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

  Result<void> judge(const TuneCandidate& c, const PolicySet& set, TuneTrial& t) {
    const auto look = bench_.look(set);
    if (!look) {
      t.outcome = TuneOutcome::refused;
      t.note = look.error().issue;
      return {};
    }
    t.bytes = look->bytes;
    t.outcome = TuneOutcome::same;
    if (begun_ && look->same) return {};
    t.outcome = TuneOutcome::unpromising;
    if (t.preset.empty() && !c.advised && !c.truer && timed() && look->expected > 1.05) return {};
    if (begun_ && options_.goal == TuneGoal::memory && static_cast<double>(look->bytes) > 0.999 * static_cast<double>(side_.bytes)) return {};
    if (const auto prepared = bench_.prepare(set); !prepared) {
      t.outcome = TuneOutcome::refused;
      t.note = prepared.error().issue;
      return {};
    }
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
    TTT_TRY(const Compared r, compare(timed() ? 0 : std::log1p(options_.slack) - drift_));
    ended_ = r.verdict == Verdict::ended;
    if (ended_) return {};
    t.rounds = r.rounds;
    t.ratio = std::exp(r.shift.median);
    t.low = std::exp(r.shift.low);
    t.high = std::exp(r.shift.high);
    t.p = r.p;
    const bool enough = !timed() || t.ratio <= 1 - options_.least_gain;
    if (r.verdict == Verdict::helps && enough) t.outcome = TuneOutcome::kept;
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

  [[nodiscard]] Result<double> one_round(std::uint64_t number, Compared& to) {
    const bool b_first = (mixed(mixed(options_.seed + 0x9E3779B97F4A7C15U * (done_ + 1)) + number) & 1) != 0;
    TTT_TRY(const auto s, bench_.round(b_first));
    to.a.insert(to.a.end(), {s[0], s[1]});
    to.b.insert(to.b.end(), {s[2], s[3]});
    return (std::log(s[2]) + std::log(s[3]) - std::log(s[0]) - std::log(s[1])) / 2;
  }

  /// Whether B's time is below A's, or below A's and the margin.
  Result<Compared> compare(double margin) {
    Compared r;
    std::vector<double> d, beyond;
    constexpr int all = static_cast<int>(std::size(tune_looks)) * most_tune_tests;
    for (const int look : tune_looks) {
      while (r.rounds < look) {
        if (over()) {
          r.verdict = Verdict::ended;
          return r;
        }
        TTT_TRY(const double x, one_round(static_cast<std::uint64_t>(r.rounds), r));
        d.push_back(x);
        beyond.push_back(x - margin);
        ++r.rounds;
        // To give up early never keeps what does not help.
        if (r.rounds == futile_after && !(shift_of(beyond).median < 0)) break;
      }
      r.p = std::min(1.0, all * signed_rank_p(beyond));
      r.shift = shift_of(d);
      if (r.p <= options_.level) r.verdict = Verdict::helps;
      if (r.verdict == Verdict::helps || !(shift_of(beyond).median < 0)) break;
    }
    return r;
  }

  [[nodiscard]] Error unreachable() const {
    const TuneTrial* nearest = nullptr;
    for (const TuneTrial& t : state_.tried)
      if (t.outcome == TuneOutcome::inaccurate && (nearest == nullptr || t.kl < nearest->kl)) nearest = &t;
    const std::string fixed = text_of(PolicySet{{}, given_.whole, given_.tuning});
    if (nearest == nullptr)
      return make_error(ErrorKind::request, "tune_impossible", "model",
                        state_.tried.empty() ? "nothing could be tried" : "no preset can run: " + state_.tried.front().note,
                        "see whether `ttt check` accepts the model");
    return make_error(ErrorKind::request, "tune_floor_unreachable", "floor",
                      fmt::format("the nearest preset, {}, has KL {:.3g} and agreement {:.4g}{}; the floor is KL at most {:.3g} and agreement at least {:.4g}",
                                  nearest->preset, nearest->kl, nearest->agreement,
                                  fixed.empty() ? "" : fmt::format(" with what is fixed ({})", fixed.substr(0, 120)), floor_kl_, floor_agreement_),
                      fixed.empty() ? "lower the floor" : "lower the floor, or fix less with --policy");
  }

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
      if (kept_.empty()) return unreachable_at_end(d);
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
  [[nodiscard]] Error unreachable_at_end(const LogitsDistance& d) const {
    return make_error(ErrorKind::request, "tune_floor_unreachable", "floor",
                      fmt::format("where the search began, KL {:.3g} and agreement {:.4g} are outside the floor", d.kl, d.agreement), "lower the floor");
  }
  Result<void> confirm(TuneReport& report) {
    TTT_CHECK(bench_.prepare(start_));
    Compared r;
    std::vector<double> d;
    done_ = state_.tried.size() + 1;  // another coin
    for (; r.rounds < confirming_rounds && !stopped() && (r.rounds < 6 || spent() < budget()); ++r.rounds) {
      TTT_TRY(const double x, one_round(static_cast<std::uint64_t>(r.rounds), r));
      d.push_back(-x);
    }
    const Shift shift = shift_of(d);
    report.rounds = r.rounds;
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
  HardwareConfig fixed_;
  TuneSide side_, start_side_;
  std::vector<TuneSide> kept_;  ///< since the start
  std::vector<TuneCandidate> queue_;
  std::vector<std::string> notes_;
  double floor_kl_ = infinite, floor_agreement_ = 0, drift_ = 0;
  int tests_ = 0;
  bool begun_ = false, ended_ = false, unrestored_ = false;
};

}  // namespace tuning

TTT_INLINE HardwareConfig without_knobs(const HardwareConfig& change, const HardwareConfig& fixed) {
  HardwareConfig c = change;
  const auto drop = [](auto& mine, const auto& theirs) {
    if (theirs != std::remove_cvref_t<decltype(mine)>{}) mine = {};
  };
  for (std::size_t i = 0; i < weight_group_count; ++i) {
    drop(c.weights[i], fixed.weights[i]);
    drop(c.fidelity[i], fixed.fidelity[i]);
    drop(c.shard[i], fixed.shard[i]);
  }
  drop(c.activations, fixed.activations);
  drop(c.accumulate, fixed.accumulate);
  drop(c.kv, fixed.kv);
  drop(c.scores_prompt, fixed.scores_prompt);
  drop(c.scores_decode, fixed.scores_decode);
  drop(c.kv_form, fixed.kv_form);
  drop(c.qkv, fixed.qkv);
  drop(c.qkv_layout, fixed.qkv_layout);
  drop(c.layout, fixed.layout);
  drop(c.kernel, fixed.kernel);
  drop(c.page, fixed.page);
  drop(c.chunk, fixed.chunk);
  return c;
}

TTT_INLINE Result<TuneReport> tune_search(TuneBench& bench, const TuneOptions& options, TuneState state,
                                          const std::function<Result<void>(const TuneState&)>& saved) {
  return tuning::Search(bench, options, std::move(state), saved).run();
}

}  // namespace ttt
