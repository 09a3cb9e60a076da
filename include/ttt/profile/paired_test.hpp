// A test of paired measurements: is one of two alternatives smaller beyond the noise, and by how much.
#pragma once

#include <span>

namespace ttt {

/// The probability, were the differences as likely to be above 0 as below, of a rank sum as small as theirs or smaller:
/// small where they lie below 0. Wilcoxon's signed-rank test, one-sided and exact: every assignment of signs counts alike,
/// equal sizes share the mean of their ranks, zeros are left out. 1 where nothing is left, or a difference is not finite.
///
/// F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945). Where each difference's sign was
/// decided by a coin that chose which alternative runs first, the level holds whatever the noise is (R. A. Fisher, "The
/// Design of Experiments", 1935).
[[nodiscard]] double signed_rank_p(std::span<const double> differences);

/// Where differences lie.
struct Shift {
  double median = 0;         ///< of the means of all pairs (Hodges and Lehmann, 1963)
  double low = 0, high = 0;  ///< a confidence interval of 95 %; of fewer than six differences all of them
};
[[nodiscard]] Shift shift_of(std::span<const double> differences);

}  // namespace ttt
