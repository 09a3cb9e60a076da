// Spread: how repeated measurements of one thing lie.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ttt {

/// Of a sorted row of numbers, the one that the share `q` of them does not exceed (between two, in proportion); 0 of none.
[[nodiscard]] inline double quantile_of(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

struct Spread {
  double min = 0, quarter = 0, median = 0, three_quarters = 0, max = 0;

  [[nodiscard]] static Spread of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {quantile_of(values, 0), quantile_of(values, 0.25), quantile_of(values, 0.5), quantile_of(values, 0.75),
            quantile_of(values, 1)};
  }
  [[nodiscard]] Spread scaled(double factor) const {
    return {min * factor, quarter * factor, median * factor, three_quarters * factor, max * factor};
  }
  /// The middle half's width relative to the median.
  [[nodiscard]] double width() const { return median > 0 ? (three_quarters - quarter) / median : 0; }
};

}  // namespace ttt
