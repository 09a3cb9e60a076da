// TuneRounds: two configurations measured in turns, and whether one is faster beyond the noise.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ttt/profile/paired_test.hpp>
#include <ttt/profile/tune_bench.hpp>

namespace ttt {

/// Comparisons that a search makes at most, and rounds after which each looks whether they suffice. The level is shared by
/// all of them alike (Bonferroni), so that it holds for the whole search, whatever it looks at and when it stops.
inline constexpr int most_tune_tests = 64;
inline constexpr int tune_looks[] = {13, 20, 32, 56};

struct TuneRounds {
  std::vector<double> log_ratios;  ///< of B's time by A's, by round
  std::vector<double> a, b;        ///< seconds
  Shift shift{};                   ///< of the log ratios
  double p = 1;                    ///< corrected
  bool helps = false;
  bool ended = false;              ///< before it was decided
};

struct TuneComparison {
  double margin = 0;      ///< of the log ratio: B may take as much longer, or must take as much less
  double level = 0.05;    ///< of the whole search
  std::uint64_t coin = 0; ///< seed of who runs first
};

/// Up to so many rounds, in the order that a coin says. `over`: asked before each with how many there are.
[[nodiscard]] Result<TuneRounds> tune_rounds(TuneBench& bench, std::uint64_t coin, int most, const std::function<bool(int)>& over);

/// Whether the bench's B is faster than its A beyond a margin. What shows no gain after eight rounds is given up, which never
/// keeps what does not help. `over`: whether to end undecided.
[[nodiscard]] Result<TuneRounds> tune_compare(TuneBench& bench, const TuneComparison& how, const std::function<bool()>& over);

}  // namespace ttt
