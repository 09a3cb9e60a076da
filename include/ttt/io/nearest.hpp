// The name somebody probably meant.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace ttt {

/// Levenshtein's distance in bytes.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

/// The candidate closest to `name`, or "" when there is none within half of the name's length.
template <class Names>
[[nodiscard]] std::string_view nearest_name(std::string_view name, const Names& candidates) {
  std::string_view best;
  std::size_t least = std::min<std::size_t>(name.size(), 256) / 2 + 1;
  for (const std::string_view candidate : candidates) {
    // The difference in length bounds the distance from below: most candidates cost nothing.
    const std::size_t gap = candidate.size() > name.size() ? candidate.size() - name.size() : name.size() - candidate.size();
    if (gap >= least || name.size() > 256) continue;
    if (const std::size_t distance = edit_distance(name, candidate); distance < least) least = distance, best = candidate;
  }
  return best;
}

}  // namespace ttt
