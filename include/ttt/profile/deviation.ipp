// Definitions of deviation.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/deviation.hpp>

namespace ttt {

namespace deviating {

/// The larger one; a NaN stays.
inline double larger(double most, double x) { return std::isnan(most) || x <= most ? most : x; }

}  // namespace deviating

TTT_INLINE Deviation deviation(const float* value, const float* reference, std::int64_t rows, std::int64_t width,
                               const float* value_offset, const float* reference_offset) {
  const auto at = [](const float* p, const float* offset, std::int64_t i) {
    return double{p[i]} - (offset != nullptr ? double{offset[i]} : 0.0);
  };
  Deviation d;
  const auto n = static_cast<double>(rows * width);
  double sum_a = 0, sum_b = 0, all_error = 0, all_norm = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    double error = 0, norm = 0;
    for (std::int64_t i = r * width; i < (r + 1) * width; ++i) {
      const double a = at(value, value_offset, i), b = at(reference, reference_offset, i), e = std::fabs(a - b);
      sum_a += a;
      sum_b += b;
      error += e * e;
      norm += b * b;
      d.max_abs = deviating::larger(d.max_abs, e);
    }
    // A row of zeros is either hit, or missed by everything there is.
    const double rel = error == 0 ? 0 : norm > 0 ? std::sqrt(error / norm) : std::numeric_limits<double>::infinity();
    d.max_rel = deviating::larger(d.max_rel, rel);
    all_error += error;
    all_norm += norm;
  }
  d.rel = all_error == 0 ? 0 : all_norm > 0 ? std::sqrt(all_error / all_norm) : std::numeric_limits<double>::infinity();
  const double mean_a = sum_a / n, mean_b = sum_b / n;
  double ab = 0, aa = 0, bb = 0;
  for (std::int64_t i = 0; i < rows * width; ++i) {
    const double a = at(value, value_offset, i) - mean_a, b = at(reference, reference_offset, i) - mean_b;
    ab += a * b;
    aa += a * a;
    bb += b * b;
  }
  d.pcc = aa == 0 && bb == 0 && all_error == 0 ? 1 : ab / std::sqrt(aa * bb);
  // NaN where one is constant; where one is not finite it is NaN already.
  if (std::isnan(d.pcc) && std::isfinite(all_error)) d.pcc = 0;
  return d;
}

TTT_INLINE double norm_of(const float* values, std::int64_t count, const float* offset) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double x = double{values[i]} - (offset != nullptr ? double{offset[i]} : 0.0);
    sum += x * x;
  }
  return std::sqrt(sum);
}

TTT_INLINE LogitsDistance logits_distance(const float* value, const float* reference, std::int64_t rows,
                                          std::int64_t vocab) {
  LogitsDistance d{0, 0};
  std::int64_t same = 0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* const q = value + r * vocab;
    const float* const p = reference + r * vocab;
    const std::int64_t likeliest_q = std::max_element(q, q + vocab) - q, likeliest_p = std::max_element(p, p + vocab) - p;
    double sum_p = 0, sum_q = 0;
    for (std::int64_t i = 0; i < vocab; ++i) {
      sum_p += std::exp(double{p[i]} - p[likeliest_p]);
      sum_q += std::exp(double{q[i]} - q[likeliest_q]);
    }
    const double log_p = std::log(sum_p) + p[likeliest_p], log_q = std::log(sum_q) + q[likeliest_q];
    double kl = 0;
    for (std::int64_t i = 0; i < vocab; ++i) {
      const double l = p[i] - log_p;
      if (const double share = std::exp(l); share > 0) kl += share * (l - (q[i] - log_q));
      else if (!std::isfinite(q[i])) kl += double{q[i]} * 0;  // a NaN stays
    }
    d.kl += kl / static_cast<double>(rows);
    same += likeliest_p == likeliest_q ? 1 : 0;
  }
  d.kl = d.kl < 0 ? 0 : d.kl;  // rounding, where both are equal
  d.agreement = rows > 0 ? static_cast<double>(same) / static_cast<double>(rows) : 1;
  return d;
}

}  // namespace ttt
