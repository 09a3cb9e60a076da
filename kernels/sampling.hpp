// Choosing among logits: what a sampler does with a block of them. One set of functions a level; all levels give the
// same bits, so that a seed gives the same tokens on every machine: products are rounded before they are added to,
// sums run in sixteen lanes (lane = index % 16), which are folded in halves at the end of a block.
#pragma once

#include <cstdint>

namespace ttt::kernels {

/// Logits that are looked at together, at most.
inline constexpr int logit_block = 1024;
inline constexpr int logit_lanes = 16;

/// Weights of logits: 2^((logit - top) * scale), so 1 for the highest; 0 below 2^-125.
struct LogitScale {
  float top;
  float scale;  ///< log2(e) / temperature
  float least;  ///< logits below weigh nothing. Requires: (least - top) * scale >= -125, in fp32
};

struct LogitMeasure {
  std::int32_t count;
  float mass;
};

/// All blocks have 1 to `logit_block` logits. -inf is a logit like any other, of weight 0; NaN is none.
struct SamplingKernels {
  /// columns[l] = the highest of x[l], x[l + 16], …, -inf where there is none. False if one is NaN or +inf; then the
  /// columns mean nothing.
  bool (*highest)(const float* x, int n, float* columns) noexcept;
  /// The sum of the weights of all x[i] >= least. `weights`, unless null, gets each (0 where x[i] < least).
  float (*weigh)(const float* x, int n, LogitScale scale, float least, float* weights) noexcept;
  /// How many x[i] >= least there are, and the sum of their weights, which were stored by `weigh` (null: 0).
  LogitMeasure (*measure)(const float* x, const float* weights, int n, float least) noexcept;
  /// The rising indexes, counted from `first`, of all low <= x[i] < high. `ids` has room for 16 more than there are.
  /// Returns how many there are, and, of all x[i] >= high, the sum of the weights that `weigh` stored (null: how many).
  LogitMeasure (*pick)(const float* x, const float* weights, int n, float low, float high, std::int32_t first,
                       std::int32_t* ids) noexcept;
};

/// 2^f for f in [-1/2, 1/2] within 2e-7: 1 + f (c[0] + f (c[1] + …)), the minimax polynomial.
inline constexpr float power_of_two[] = {0.693147004F, 0.240222409F, 0.055507347F, 0.00967157632F, 0.00132646458F};
inline constexpr int power_degree = 5;
inline constexpr float least_power = -125.F;
inline constexpr float round_to_whole = 12582912.F;  ///< 1.5 * 2^23: a sum's low bits are the nearest integer

}  // namespace ttt::kernels
