// Definitions of paired_test.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/paired_test.hpp>

namespace ttt {

namespace pairing {

/// Of every sum of some of the ranks the share of all choices that have it.
inline std::vector<double> sums_of(const std::vector<int>& ranks) {
  int most = 0;
  for (const int r : ranks) most += r;
  std::vector<double> share(static_cast<std::size_t>(most) + 1, 0.0);
  share[0] = 1;
  int reached = 0;
  for (const int r : ranks) {
    reached += r;
    for (int s = reached; s >= 0; --s) {
      const double with = s >= r ? share[static_cast<std::size_t>(s - r)] : 0;
      share[static_cast<std::size_t>(s)] = (share[static_cast<std::size_t>(s)] + with) / 2;
    }
  }
  return share;
}

}  // namespace pairing

TTT_INLINE double signed_rank_p(std::span<const double> differences) {
  std::vector<double> d;
  for (const double x : differences) {
    if (!std::isfinite(x)) return 1;
    if (x != 0) d.push_back(x);
  }
  if (d.empty()) return 1;
  std::sort(d.begin(), d.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::vector<int> ranks(d.size());  // twice the rank, so that means of ranks are whole
  int positive = 0;
  for (std::size_t i = 0; i < d.size();) {
    std::size_t end = i;
    while (end < d.size() && std::abs(d[end]) == std::abs(d[i])) ++end;
    for (std::size_t j = i; j < end; ++j) {
      ranks[j] = static_cast<int>(i + 1 + end);
      if (d[j] > 0) positive += ranks[j];
    }
    i = end;
  }
  const std::vector<double> share = pairing::sums_of(ranks);
  double p = 0;
  for (int s = 0; s <= positive; ++s) p += share[static_cast<std::size_t>(s)];
  return std::min(1.0, p);
}

TTT_INLINE Shift shift_of(std::span<const double> differences) {
  std::vector<double> means;
  for (std::size_t i = 0; i < differences.size(); ++i)
    for (std::size_t j = i; j < differences.size(); ++j) means.push_back((differences[i] + differences[j]) / 2);
  if (means.empty()) return {};
  std::sort(means.begin(), means.end());
  const std::size_t n = means.size();
  std::vector<int> ranks(differences.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<int>(i + 1);
  const std::vector<double> share = pairing::sums_of(ranks);
  std::size_t outside = 0;  // means to leave out on each side
  for (double tail = share[0]; tail <= 0.025 && 2 * (outside + 1) < n; tail += share[outside]) ++outside;
  const std::size_t k = outside > 0 ? outside - 1 : 0;
  return {(means[(n - 1) / 2] + means[n / 2]) / 2, means[k], means[n - 1 - k]};
}

}  // namespace ttt
