// Runs in a row of things: how a flat list of layers becomes groups and how often each repeats.
#pragma once

#include <cstddef>

namespace ttt {

inline constexpr std::size_t longest_period = 16;

/// Cuts [0, size) into groups and calls f(first, period, count) for each: `count` times `period` neighbours that repeat.
/// `equal(i, j)` compares two things. From each place on the group that covers most wins; among equals the shortest.
constexpr void each_period(std::size_t size, auto&& equal, auto&& f) {
  for (std::size_t at = 0; at < size;) {
    std::size_t best_period = 1, best_count = 1;
    const std::size_t left = size - at;
    for (std::size_t period = 1; period <= left / 2 && period <= longest_period; ++period) {
      std::size_t same = period;
      while (same < left && equal(at + same, at + same - period)) ++same;
      const std::size_t count = same / period;
      if (count > 1 && count * period > best_count * best_period) best_period = period, best_count = count;
    }
    f(at, best_period, best_count);
    at += best_period * best_count;
  }
}

}  // namespace ttt
