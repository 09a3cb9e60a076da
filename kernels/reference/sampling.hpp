// Choosing among logits, one at a time: what every level's functions must give, bit by bit.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include <ttt/kernels/sampling.hpp>

namespace ttt::kernels::reference {

/// Hidden from the compiler, so that a product is rounded before it is added to (and no fused multiply-add is made).
inline float rounded(float v) noexcept {
#if defined(__x86_64__)
  asm("" : "+x"(v));
#elif defined(__aarch64__)
  asm("" : "+w"(v));
#endif
  return v;
}

inline float weight_of(float x, LogitScale s) noexcept {
  if (!(x >= s.least)) return 0;
  const float power = rounded((x - s.top) * s.scale);
  const float whole = rounded(power + round_to_whole);
  const float f = power - (whole - round_to_whole);
  float p = power_of_two[power_degree - 1];
  for (int i = power_degree - 2; i >= 0; --i) p = rounded(p * f) + power_of_two[i];
  p = rounded(p * f) + 1.F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(p) + (std::bit_cast<std::uint32_t>(whole) << 23));
}

inline float folded_in_halves(float* lanes) noexcept {
  for (int half = logit_lanes / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

inline bool highest(const float* x, int n, float* columns) noexcept {
  for (int l = 0; l < logit_lanes; ++l) columns[l] = -std::numeric_limits<float>::infinity();
  bool finite = true;
  for (int i = 0; i < n; ++i) {
    finite = finite && x[i] < std::numeric_limits<float>::infinity();
    float& column = columns[i % logit_lanes];
    column = x[i] > column ? x[i] : column;
  }
  return finite;
}

inline float weigh(const float* x, int n, LogitScale scale, float least, float* weights) noexcept {
  float sums[logit_lanes] = {};
  for (int i = 0; i < n; ++i) {
    const float w = x[i] >= least ? weight_of(x[i], scale) : 0.F;
    if (weights != nullptr) weights[i] = w;
    sums[i % logit_lanes] += w;
  }
  return folded_in_halves(sums);
}

inline LogitMeasure measure(const float* x, const float* weights, int n, float least) noexcept {
  float sums[logit_lanes] = {};
  std::int32_t count = 0;
  for (int i = 0; i < n; ++i) {
    if (!(x[i] >= least)) continue;
    ++count;
    if (weights != nullptr) sums[i % logit_lanes] += weights[i];
  }
  return {count, folded_in_halves(sums)};
}

inline LogitMeasure pick(const float* x, const float* weights, int n, float low, float high, std::int32_t first,
                         std::int32_t* ids) noexcept {
  std::int32_t count = 0;
  for (int i = 0; i < n; ++i)
    if (x[i] >= low && x[i] < high) ids[count++] = first + i;
  const LogitMeasure above = measure(x, weights, n, high);
  return {count, weights != nullptr ? above.mass : static_cast<float>(above.count)};
}

inline constexpr SamplingKernels level_sampling{&highest, &weigh, &measure, &pick};

}  // namespace ttt::kernels::reference
