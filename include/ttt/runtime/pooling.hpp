// One vector of the rows of a text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ttt {

/// Which rows count, and how. Source: sentence-transformers' Pooling, by whose names they go.
enum class Pooling : std::uint8_t {
  cls,            ///< the first row
  max,            ///< the largest of each column
  mean,           ///< the mean of all rows
  mean_sqrt_len,  ///< their sum by the square root of their number
  weighted_mean,  ///< a mean in which row i counts i + 1 times
  last_token      ///< the last row
};
inline constexpr int pooling_count = 6;

/// "cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken".
[[nodiscard]] std::string_view name_of(Pooling pooling) noexcept;
[[nodiscard]] std::optional<Pooling> pooling_named(std::string_view name) noexcept;

/// rows [tokens, width], tokens >= 1 → out [width]. Sums are taken in double. Requires: `rows` is a multiple of `out` long.
void pool(Pooling pooling, std::span<const float> rows, std::span<float> out) noexcept;

/// Divides by the Euclidean length, or by 1e-12 where that is more (as torch's normalize).
void to_unit_length(std::span<float> values) noexcept;

}  // namespace ttt
