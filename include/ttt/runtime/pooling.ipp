// Definitions of pooling.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/pooling.hpp>

namespace ttt {

TTT_INLINE std::string_view name_of(Pooling pooling) noexcept {
  static constexpr std::string_view names[pooling_count] = {"cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean",
                                                            "lasttoken"};
  return names[static_cast<std::size_t>(pooling)];
}

TTT_INLINE std::optional<Pooling> pooling_named(std::string_view name) noexcept {
  for (int i = 0; i < pooling_count; ++i)
    if (name_of(static_cast<Pooling>(i)) == name) return static_cast<Pooling>(i);
  return std::nullopt;
}

TTT_INLINE void pool(Pooling pooling, std::span<const float> rows, std::span<float> out) noexcept {
  const std::size_t width = out.size();
  if (width == 0 || rows.size() < width) return;
  const std::size_t tokens = rows.size() / width;
  if (pooling == Pooling::cls || pooling == Pooling::last_token) {
    const std::size_t row = pooling == Pooling::cls ? 0 : tokens - 1;
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(row * width), width, out.begin());
    return;
  }
  const auto n = static_cast<double>(tokens);
  const double by = pooling == Pooling::mean            ? n
                    : pooling == Pooling::mean_sqrt_len ? std::sqrt(n)
                                                        : n * (n + 1) / 2;  // the sum of the weights
  // Columns in blocks whose sums stay in registers, rows after one another.
  constexpr std::size_t block = 16;
  for (std::size_t first = 0; first < width; first += block) {
    const std::size_t columns = std::min(block, width - first);
    double sums[block] = {};
    if (pooling == Pooling::max) std::fill_n(sums, columns, -INFINITY);
    for (std::size_t t = 0; t < tokens; ++t) {
      const float* row = rows.data() + t * width + first;
      if (pooling == Pooling::max) {
        for (std::size_t c = 0; c < columns; ++c) sums[c] = sums[c] >= row[c] || sums[c] != sums[c] ? sums[c] : row[c];  // a NaN stays
      } else {
        const double weight = pooling == Pooling::weighted_mean ? static_cast<double>(t + 1) : 1.0;
        for (std::size_t c = 0; c < columns; ++c) sums[c] += weight * row[c];
      }
    }
    for (std::size_t c = 0; c < columns; ++c)
      out[first + c] = static_cast<float>(pooling == Pooling::max ? sums[c] : sums[c] / by);
  }
}

TTT_INLINE void to_unit_length(std::span<float> values) noexcept {
  double squares = 0;
  for (const float x : values) squares += static_cast<double>(x) * x;
  const double by = std::max(std::sqrt(squares), 1e-12);
  for (float& x : values) x = static_cast<float>(x / by);
}

}  // namespace ttt
