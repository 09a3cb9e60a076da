// How scales are chosen, in baseline code: 16 outputs side by side in plain loops, which compilers vectorise.
#pragma once

#include <cstdint>

#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/groups.hpp>

namespace ttt::kernels {

namespace coding {

using Lanes = float[panel_rows];
using Group = float[group_size][panel_rows];

inline constexpr std::uint16_t fp16_nan = 0x7e00;
inline constexpr float fp16_largest = 65504.f;

/// To the nearest integer, ties to even; |x| < 2^22.
inline float nearest(float x) noexcept { return (x + 12582912.f) - 12582912.f; }
inline float clamped(float x, float low, float high) noexcept {
  const float above = x > low ? x : low;  // NaN becomes `low`
  return above < high ? above : high;
}

/// fp16 of a scale, kept finite.
inline std::uint16_t scale_bits(float scale) noexcept {
  return fp16_from_float(clamped(scale, -fp16_largest, fp16_largest));
}

/// q = nearest((w - m) / s) in [low, high]; `finite` decides whether the group is kept at all.
inline void round_group(const Group& w, const Lanes& finite, float low, float high, GroupCodes& codes) noexcept {
  Lanes inverse;
  Lanes minimum;
  for (int l = 0; l < panel_rows; ++l) {
    const float scale = float_from_fp16(codes.scale[l]);
    inverse[l] = scale != 0 ? 1.f / scale : 0.f;
    minimum[l] = float_from_fp16(codes.minimum[l]);
    if (!(finite[l] == 0)) {
      codes.scale[l] = fp16_nan;
      inverse[l] = minimum[l] = 0;
    }
  }
  for (int k = 0; k < group_size; ++k)
    for (int l = 0; l < panel_rows; ++l) {
      const float q = clamped((w[k][l] - minimum[l]) * inverse[l], low, high);
      codes.q[k][l] = static_cast<std::int8_t>(static_cast<int>(nearest(q)));
    }
}

/// The sum of w * 0 of each output: 0, or NaN when a number is not finite.
inline void finite_lanes(const Group& w, Lanes& sum) noexcept {
  for (int l = 0; l < panel_rows; ++l) sum[l] = 0;
  for (int k = 0; k < group_size; ++k)
    for (int l = 0; l < panel_rows; ++l) sum[l] += w[k][l] * 0.f;
}

/// The number of largest magnitude of each output, with its sign.
inline void extremes(const Group& w, Lanes& extreme) noexcept {
  for (int l = 0; l < panel_rows; ++l) extreme[l] = 0;
  for (int k = 0; k < group_size; ++k)
    for (int l = 0; l < panel_rows; ++l) {
      const float x = w[k][l];
      extreme[l] = (x < 0 ? -x : x) > (extreme[l] < 0 ? -extreme[l] : extreme[l]) ? x : extreme[l];
    }
}

}  // namespace coding

/// Round to nearest, s = max |w| / 127: at eight bits a search over scales gains under 1 % of the squared error.
template <>
struct GroupCodec<DType::int8> {
  static void choose(const coding::Group& w, GroupCodes& codes) noexcept {
    using namespace coding;
    Lanes finite, extreme;
    finite_lanes(w, finite);
    extremes(w, extreme);
    for (int l = 0; l < panel_rows; ++l) {
      const float largest = extreme[l] < 0 ? -extreme[l] : extreme[l];
      codes.scale[l] = scale_bits(largest / 127);
      codes.minimum[l] = 0;
      // a scale below fp16's normal numbers is coarse: rather a larger one than numbers cut off
      if (float_from_fp16(codes.scale[l]) * 127.5f < largest && codes.scale[l] < 0x7bff) ++codes.scale[l];
    }
    round_group(w, finite, -127, 127, codes);
  }
};

/// Several scales are tried that put the extreme number at 6.75 to 8.5 steps; for the numbers q that each gives, the
/// scale of least squares is s = (w·q) / (q·q), which leaves w·w - (w·q)² / (q·q): the largest (w·q)² / (q·q) wins.
/// The method is known from llama.cpp (`make_qx_quants`); here with equal weights, so that the squared error itself is
/// least: 11 % below that of one scale at 8 steps on normally distributed weights.
template <>
struct GroupCodec<DType::int4> {
  static void choose(const coding::Group& w, GroupCodes& codes) noexcept {
    using namespace coding;
    Lanes finite, extreme, best, scale;
    finite_lanes(w, finite);
    extremes(w, extreme);
    for (int l = 0; l < panel_rows; ++l) best[l] = scale[l] = 0;
    for (int candidate = 0; candidate < 8; ++candidate) {
      Lanes inverse, wq, qq;
      const float steps = -6.75f - 0.25f * static_cast<float>(candidate);  // negative: the extreme becomes -8
      for (int l = 0; l < panel_rows; ++l) {
        inverse[l] = extreme[l] != 0 ? steps / extreme[l] : 0;
        wq[l] = qq[l] = 0;
      }
      for (int k = 0; k < group_size; ++k)
        for (int l = 0; l < panel_rows; ++l) {
          const float q = nearest(clamped(w[k][l] * inverse[l], -8, 7));
          wq[l] += w[k][l] * q;
          qq[l] += q * q;
        }
      for (int l = 0; l < panel_rows; ++l) {
        const float fit = qq[l] > 0 ? wq[l] / qq[l] : 0;
        const float kept = fit * wq[l];
        scale[l] = kept > best[l] ? fit : scale[l];
        best[l] = kept > best[l] ? kept : best[l];
      }
    }
    for (int l = 0; l < panel_rows; ++l) {
      codes.scale[l] = scale_bits(scale[l]);
      codes.minimum[l] = 0;
    }
    round_group(w, finite, -8, 7, codes);
  }
};

/// The same with a straight line: ranges of 13 to 16 steps are tried, and for the numbers each gives, s and m of least
/// squares.
template <>
struct GroupCodec<DType::int4m> {
  static void choose(const coding::Group& w, GroupCodes& codes) noexcept {
    using namespace coding;
    Lanes finite, low, high, mean, best, scale, minimum;
    finite_lanes(w, finite);
    for (int l = 0; l < panel_rows; ++l) {
      low[l] = high[l] = w[0][l];
      mean[l] = best[l] = scale[l] = 0;
    }
    for (int k = 0; k < group_size; ++k)
      for (int l = 0; l < panel_rows; ++l) {
        low[l] = w[k][l] < low[l] ? w[k][l] : low[l];
        high[l] = w[k][l] > high[l] ? w[k][l] : high[l];
        mean[l] += w[k][l] / group_size;
      }
    for (int l = 0; l < panel_rows; ++l) minimum[l] = mean[l];
    for (int candidate = 0; candidate < 7; ++candidate) {
      Lanes inverse, q1, q2, wq;
      const float steps = 13.f + 0.5f * static_cast<float>(candidate);
      for (int l = 0; l < panel_rows; ++l) {
        inverse[l] = high[l] > low[l] ? steps / (high[l] - low[l]) : 0;
        q1[l] = q2[l] = wq[l] = 0;
      }
      const float shift = (15 - steps) / 2;  // what is left over is cut off at both ends alike
      for (int k = 0; k < group_size; ++k)
        for (int l = 0; l < panel_rows; ++l) {
          const float q = nearest(clamped((w[k][l] - low[l]) * inverse[l] + shift, 0, 15)) - 8;
          q1[l] += q;
          q2[l] += q * q;
          wq[l] += (w[k][l] - mean[l]) * q;
        }
      for (int l = 0; l < panel_rows; ++l) {
        const float spread = q2[l] - q1[l] * q1[l] / group_size;
        const float fit = spread > 0 ? wq[l] / spread : 0;
        const float kept = fit * wq[l];
        minimum[l] = kept > best[l] ? mean[l] - fit * q1[l] / group_size : minimum[l];
        scale[l] = kept > best[l] ? fit : scale[l];
        best[l] = kept > best[l] ? kept : best[l];
      }
    }
    for (int l = 0; l < panel_rows; ++l) {
      codes.scale[l] = scale_bits(scale[l]);
      codes.minimum[l] = scale_bits(minimum[l]);
    }
    round_group(w, finite, -8, 7, codes);
  }
};

}  // namespace ttt::kernels
