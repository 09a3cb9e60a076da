// Definitions of tune_rounds.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>

#include <ttt/io/linkage.hpp>
#include <ttt/io/split_mix.hpp>
#include <ttt/profile/tune_rounds.hpp>

namespace ttt {

namespace tuning {

inline constexpr std::size_t futile_after = 8;

/// One more round, behind those there are.
inline Result<void> one_round(TuneBench& bench, std::uint64_t coin, TuneRounds& to) {
  const bool b_first = (split_mix(split_mix(coin) + to.log_ratios.size()) & 1) != 0;
  TTT_TRY(const auto s, bench.round(b_first));
  to.a.insert(to.a.end(), {s[0], s[1]});
  to.b.insert(to.b.end(), {s[2], s[3]});
  to.log_ratios.push_back((std::log(s[2]) + std::log(s[3]) - std::log(s[0]) - std::log(s[1])) / 2);
  return {};
}

}  // namespace tuning

TTT_INLINE Result<TuneRounds> tune_rounds(TuneBench& bench, std::uint64_t coin, int most, const std::function<bool(int)>& over) {
  TuneRounds r;
  for (int i = 0; i < most && !over(i); ++i) TTT_CHECK(tuning::one_round(bench, coin, r));
  r.shift = shift_of(r.log_ratios);
  return r;
}

TTT_INLINE Result<TuneRounds> tune_compare(TuneBench& bench, const TuneComparison& how, const std::function<bool()>& over) {
  TuneRounds r;
  std::vector<double> beyond;
  constexpr int all = static_cast<int>(std::size(tune_looks)) * most_tune_tests;
  for (const int look : tune_looks) {
    while (r.log_ratios.size() < static_cast<std::size_t>(look)) {
      if (over()) {
        r.ended = true;
        return r;
      }
      TTT_CHECK(tuning::one_round(bench, how.coin, r));
      beyond.push_back(r.log_ratios.back() - how.margin);
      if (beyond.size() == tuning::futile_after && !(shift_of(beyond).median < 0)) break;
    }
    r.p = std::min(1.0, all * signed_rank_p(beyond));
    r.helps = r.p <= how.level;
    if (r.helps || !(shift_of(beyond).median < 0)) break;
  }
  r.shift = shift_of(r.log_ratios);
  return r;
}

}  // namespace ttt
