// RmsNorm and LayerNorm of one row.
#pragma once

#include <cmath>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/partition.hpp>

namespace ttt::kernels::reference {

/// y = (x - mean) * rsqrt(var + eps) * weight + bias; RMS: mean = 0, var = mean of squares. y may be x.
inline void normalise(const float* x, float* y, int width, const NormArgs& norm) noexcept {
  if (norm.kind == NormKind::none) {
    for (int i = 0; i < width; ++i) y[i] = x[i];
    return;
  }
  double mean = 0;
  if (norm.kind == NormKind::layer) {
    for (int i = 0; i < width; ++i) mean += x[i];
    mean /= width;
  }
  double variance = 0;
  for (int i = 0; i < width; ++i) variance += (x[i] - mean) * (x[i] - mean);
  const double factor = 1 / std::sqrt(variance / width + static_cast<double>(norm.eps));
  for (int i = 0; i < width; ++i) {
    const double scaled = (x[i] - mean) * factor * (norm.weight != nullptr ? norm.weight[i] : 1.f);
    y[i] = static_cast<float>(scaled + (norm.bias != nullptr ? norm.bias[i] : 0.f));
  }
}

inline void norm(const NormOpArgs& a, Part part) noexcept {
  const Range rows = share(a.row_count, part);
  for (std::int64_t r = rows.begin; r < rows.end; ++r)
    normalise(a.x + r * a.width, a.y + r * a.width, a.width, a.norm);
}

}  // namespace ttt::kernels::reference
