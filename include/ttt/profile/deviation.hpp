// Deviation: how far numbers are from those they should be.
#pragma once

#include <cstdint>

namespace ttt {

/// Of two arrays of the same shape, rows of tokens. A value that is not finite makes every figure NaN or infinite.
struct Deviation {
  double pcc = 1;      ///< Pearson's correlation over all numbers; 1 where both are constant and equal
  double max_abs = 0;  ///< the largest |value - reference|
  double max_rel = 0;  ///< of the token that is worst: |value - reference| / |reference|, both Euclidean norms of its row
  double rel = 0;      ///< the same over all rows together
};

/// Compares `rows` rows of `width` numbers; `value` and `reference` may have an offset each, that is taken away first (what
/// a residual stream held before the module whose contribution is compared); null: none.
[[nodiscard]] Deviation deviation(const float* value, const float* reference, std::int64_t rows, std::int64_t width,
                                  const float* value_offset = nullptr, const float* reference_offset = nullptr);

/// The Euclidean norm of an array, less an offset that may be null.
[[nodiscard]] double norm_of(const float* values, std::int64_t count, const float* offset = nullptr);

/// How far rows of logits are from the reference's.
struct LogitsDistance {
  double kl = 0;         ///< of the reference's distribution to the other, mean over positions, nats
  double agreement = 1;  ///< share of positions whose likeliest token is the same
};
[[nodiscard]] LogitsDistance logits_distance(const float* value, const float* reference, std::int64_t rows,
                                             std::int64_t vocab);

}  // namespace ttt
