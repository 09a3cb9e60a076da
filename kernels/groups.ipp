// How scales are chosen, in baseline code: four outputs side by side in a vector, so that loading is not held up.
#pragma once

#include <cstdint>
#include <cstring>

#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/groups.hpp>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace ttt::kernels {

namespace coding {

typedef float Four __attribute__((vector_size(16)));
typedef std::int32_t FourInts __attribute__((vector_size(16)));
typedef std::uint32_t FourWords __attribute__((vector_size(16)));
using Group = float[group_size][panel_rows];

inline constexpr std::uint16_t fp16_nan = 0x7e00;
inline constexpr float fp16_largest = 65504.f;

inline Four all(float x) noexcept { return Four{x, x, x, x}; }
/// `b` where either is NaN.
inline Four smaller(Four a, Four b) noexcept {
#if defined(__SSE2__)
  return (Four)_mm_min_ps((__m128)a, (__m128)b);
#else
  return a < b ? a : b;
#endif
}
inline Four larger(Four a, Four b) noexcept {
#if defined(__SSE2__)
  return (Four)_mm_max_ps((__m128)a, (__m128)b);
#else
  return a > b ? a : b;
#endif
}
/// In [low, high]; NaN becomes `low`.
inline Four clamped(Four x, float low, float high) noexcept { return smaller(larger(x, all(low)), all(high)); }
/// To the nearest integer, ties to even; |x| < 2^22.
inline Four nearest(Four x) noexcept { return (x + all(12582912.f)) - all(12582912.f); }
/// a / b, or 0 where b is not above 0.
inline Four quotient(Four a, Four b) noexcept { return b > all(0.f) ? a / b : all(0.f); }

/// Inputs of four outputs.
class Quarter {
 public:
  Quarter(const Group& w, int lane) noexcept : from_(w[0] + lane) {}
  Four operator[](int k) const noexcept {
    Four x;
    std::memcpy(&x, from_ + k * panel_rows, sizeof x);
    return x;
  }
  /// The sum of w * 0: 0, or NaN when a number is not finite.
  [[nodiscard]] Four finite() const noexcept {
    Four sum = all(0.f);
    for (int k = 0; k < group_size; ++k) sum += (*this)[k] * all(0.f);
    return sum;
  }

 private:
  const float* from_;
};

/// What the search found for four outputs: w is about s q + m.
struct Fit {
  Four scale, minimum;
};

inline float finite_or_largest(float x) noexcept {
  return x > fp16_largest ? fp16_largest : x < -fp16_largest ? -fp16_largest : x;
}

/// Rounds scales to fp16 and numbers to q = nearest((w - m) / s) in [low, high].
template <int Low, int High>
void round_quarter(const Quarter& w, const Fit& fit, int lane, GroupCodes& codes) noexcept {
  const Four finite = w.finite();
  Four inverse, minimum;
  for (int i = 0; i < 4; ++i) {
    const std::uint16_t scale = fp16_from_float(finite_or_largest(fit.scale[i]));
    const std::uint16_t base = fp16_from_float(finite_or_largest(fit.minimum[i]));
    const bool kept = finite[i] == 0;
    codes.scale[lane + i] = kept ? scale : fp16_nan;
    codes.minimum[lane + i] = kept ? base : std::uint16_t{0};
    const float s = float_from_fp16(scale);
    inverse[i] = kept && s != 0 ? 1.f / s : 0.f;
    minimum[i] = kept ? float_from_fp16(base) : 0.f;
  }
  const auto number = [&](int k) {
    const Four q = nearest(clamped((w[k] - minimum) * inverse, Low, High));
    return (FourWords)__builtin_convertvector(q, FourInts) & 0xffu;
  };
  for (int quad = 0; quad < group_size / 4; ++quad) {
    const int k = quad * 4;
    const FourWords bytes = number(k) | number(k + 1) << 8 | number(k + 2) << 16 | number(k + 3) << 24;
    std::memcpy(codes.quads[quad] + lane, &bytes, sizeof bytes);
  }
}

}  // namespace coding

/// Round to nearest, s = max |w| / 127: at eight bits a search over scales gains under 1 % of the squared error.
template <>
struct GroupCodec<DType::int8> {
  static void choose(const coding::Group& group, GroupCodes& codes) noexcept {
    using namespace coding;
    for (int lane = 0; lane < panel_rows; lane += 4) {
      const Quarter w(group, lane);
      Four largest = all(0.f);
      for (int k = 0; k < group_size; ++k) largest = larger(larger(w[k], -w[k]), largest);
      Fit fit{largest / all(127.f), all(0.f)};
      for (int i = 0; i < 4; ++i) {
        // a scale below fp16's normal numbers is coarse: rather a larger one than numbers cut off
        std::uint16_t bits = fp16_from_float(finite_or_largest(fit.scale[i]));
        if (float_from_fp16(bits) * 127.5f < largest[i] && bits < 0x7bff) ++bits;
        fit.scale[i] = float_from_fp16(bits);
      }
      round_quarter<-127, 127>(w, fit, lane, codes);
    }
  }
};

/// Several scales are tried that put the extreme number at 6.75 to 8.5 steps; for the numbers q that each gives, the
/// scale of least squares is s = (w·q) / (q·q), which leaves w·w - (w·q)² / (q·q): the largest (w·q)² / (q·q) wins.
/// The method is known from llama.cpp (`make_qx_quants`); here with equal weights, so that the squared error itself is
/// least: 11 % below that of one scale at 8 steps on normally distributed weights.
template <>
struct GroupCodec<DType::int4> {
  static void choose(const coding::Group& group, GroupCodes& codes) noexcept {
    using namespace coding;
    for (int lane = 0; lane < panel_rows; lane += 4) {
      const Quarter w(group, lane);
      Four low = w[0], high = w[0];
      for (int k = 1; k < group_size; ++k) {
        low = smaller(w[k], low);
        high = larger(w[k], high);
      }
      const Four extreme = -low > high ? low : high;
      Four best = all(0.f), scale = all(0.f);
      for (int candidate = 0; candidate < 8; ++candidate) {
        const float steps = -6.75f - 0.25f * static_cast<float>(candidate);  // negative: the extreme becomes -8
        const Four inverse = extreme != all(0.f) ? all(steps) / extreme : all(0.f);
        Four wq = all(0.f), qq = all(0.f);
        for (int k = 0; k < group_size; ++k) {
          const Four q = nearest(clamped(w[k] * inverse, -8, 7));
          wq += w[k] * q;
          qq += q * q;
        }
        const Four fit = quotient(wq, qq);
        const Four kept = fit * wq;
        scale = kept > best ? fit : scale;
        best = kept > best ? kept : best;
      }
      round_quarter<-8, 7>(w, {scale, all(0.f)}, lane, codes);
    }
  }
};

/// The same with a straight line: ranges of 13 to 16 steps are tried, and for the numbers each gives, s and m of least
/// squares.
template <>
struct GroupCodec<DType::int4m> {
  static void choose(const coding::Group& group, GroupCodes& codes) noexcept {
    using namespace coding;
    for (int lane = 0; lane < panel_rows; lane += 4) {
      const Quarter w(group, lane);
      Four low = w[0], high = w[0], sum = w[0];
      for (int k = 1; k < group_size; ++k) {
        low = smaller(w[k], low);
        high = larger(w[k], high);
        sum += w[k];
      }
      constexpr float part = 1.f / group_size;
      const Four mean = sum * all(part);
      Four best = all(0.f), scale = all(0.f), minimum = mean;
      for (int candidate = 0; candidate < 7; ++candidate) {
        const float steps = 13.f + 0.5f * static_cast<float>(candidate);
        const Four inverse = quotient(all(steps), high - low);
        const Four shift = all((15 - steps) / 2 - 8) - low * inverse;  // what is over is cut off at both ends alike
        Four q1 = all(0.f), q2 = all(0.f), wq = all(0.f);
        for (int k = 0; k < group_size; ++k) {
          const Four q = nearest(clamped(w[k] * inverse + shift, -8, 7));
          q1 += q;
          q2 += q * q;
          wq += (w[k] - mean) * q;
        }
        const Four fit = quotient(wq, q2 - q1 * q1 * all(part));
        const Four kept = fit * wq;
        minimum = kept > best ? mean - fit * q1 * all(part) : minimum;
        scale = kept > best ? fit : scale;
        best = kept > best ? kept : best;
      }
      round_quarter<-8, 7>(w, {scale, minimum}, lane, codes);
    }
  }
};

}  // namespace ttt::kernels
