// Functions of a Tensix core's vector unit: models, not bits.
//
// The vector unit computes in fp32. Where TTNN's kernels are accurate to a step or two of fp32, the function is computed in
// double and rounded once. Where a kernel is a published or documented approximation (approximate mode, and the exponential
// of a bf16 Dst), that formula is followed step by step, with the rounding of each fp32 multiply-add. What separates either
// from the hardware is in docs/ttnn-numerics.md.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ttt/kernels/ttnn/datum.hpp>

// Every multiply-add is written as one, and no other sum has a product in it: the levels' compilers have nothing to contract,
// and all give the same bits.

namespace ttt::kernels::ttnn {

/// How a kernel is built: `math_approx_mode` and `fp32_dest_acc_en` of TTNN's compute config.
struct MathMode {
  bool approximate;
  bool fp32_dst;
};

/// A result as Dst keeps it: denormals are zero; a bf16 Dst rounds to nearest even, as the kernels ask before they store.
[[nodiscard]] inline float in_dst(float value, bool fp32_dst) noexcept {
  const std::uint32_t bits = flushed(std::bit_cast<std::uint32_t>(value));
  if (fp32_dst || (bits & 0x7f800000u) == 0x7f800000u) return std::bit_cast<float>(bits);
  return std::bit_cast<float>((bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u);
}

namespace vector_unit {

/// e^x, correctly rounded but for ties that double cannot tell.
[[nodiscard]] inline float accurate_exponential(float x) noexcept {
  if (std::isnan(x)) return x;
  if (x > 89.f) return std::numeric_limits<float>::infinity();
  if (x < -104.f) return 0.f;
  const double turns = std::floor(std::fma(double{x}, 1.4426950408889634, 0.5));
  // ln 2 in two parts, the first with zeros enough that its product is exact
  const double rest = std::fma(turns, -1.90821492927058770002e-10, std::fma(turns, -6.93147180369123816490e-01, double{x}));
  // 1 / n!, from the 11th on
  constexpr double inverse_factorials[] = {2.505210838544172e-8, 2.755731922398589e-7, 2.755731922398589e-6, 2.48015873015873e-5,
                                           1.984126984126984e-4, 1.388888888888889e-3, 8.333333333333333e-3, 4.1666666666666664e-2,
                                           1.6666666666666666e-1, 0.5, 1., 1.};
  double sum = 0;
  for (const double c : inverse_factorials) sum = std::fma(sum, rest, c);
  const double power = std::bit_cast<double>(static_cast<std::uint64_t>(1023 + static_cast<std::int64_t>(turns)) << 52);
  return static_cast<float>(sum * power);
}

/// Moroz et al. 2022, exp_21f: 2^(x / ln 2) by its integer and its fraction, the fraction through a parabola. Relative error
/// below 2^-9.
[[nodiscard]] inline float exponential_21f(float x) noexcept {
  const float z = std::clamp(std::fma(x, 1.4426950216293335f, 127.f), 0.f, 255.f);
  if (!(z < 255.f)) return z == 255.f ? std::numeric_limits<float>::infinity() : x;
  const auto fixed = static_cast<std::uint32_t>(z * 0x1p23f);
  const auto fraction = static_cast<float>(fixed & 0x7fffffu);
  const float mantissa = std::fma(fraction, std::fma(fraction, 4.791750143340323e-15f, 7.839635491371155e-08f), 1.0017248f);
  return std::bit_cast<float>((fixed & 0x7f800000u) | (std::bit_cast<std::uint32_t>(mantissa) & 0x7fffffu));
}

/// Schraudolph's: a straight line in x, read as the upper bits of an fp32 number. Relative error within 3.2 %.
[[nodiscard]] inline float exponential_line(float x) noexcept {
  if (std::isnan(x)) return x;
  const float line = std::fma(std::max(x, -88.5f), 369.329925537109375f, 32500.818359375f);
  const float whole = std::nearbyint(std::clamp(line, 0.f, 65280.f));
  return std::bit_cast<float>(static_cast<std::uint32_t>(whole) << 15);
}

/// 1 / x by a parabola and Newton's steps on the mantissa: relative error below 4 % after one, 0.15 % after two.
[[nodiscard]] inline float newton_reciprocal(float x, int steps) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const int exponent = static_cast<int>(bits >> 23 & 0xff);
  if (exponent == 0) return std::copysign(std::numeric_limits<float>::infinity(), x);
  if (exponent >= 253) return std::isnan(x) ? x : std::copysign(0.f, x);
  const float value = -std::bit_cast<float>((bits & 0x7fffffu) | 126u << 23);  // in (-1, -0.5]
  constexpr float guess = 1.442695f;
  float result = guess * std::fma(value, guess, 2.f);
  for (int i = 0; i < steps; ++i) result = result * std::fma(value, result, 2.f);
  return std::copysign(result * std::bit_cast<float>(static_cast<std::uint32_t>(253 - exponent) << 23), x);
}

}  // namespace vector_unit

/// e^x: accurate to a step of fp32, or of bfloat16 where Dst is; approximate as Schraudolph's line.
[[nodiscard]] inline float exponential(float x, MathMode mode) noexcept {
  const float y = mode.approximate ? vector_unit::exponential_line(x)
                  : mode.fp32_dst  ? vector_unit::accurate_exponential(x)
                                   : vector_unit::exponential_21f(x);
  return in_dst(y, mode.fp32_dst);
}

/// 1 / x. Approximate: one step of Newton's.
[[nodiscard]] inline float reciprocal(float x, MathMode mode) noexcept {
  x = std::bit_cast<float>(flushed(std::bit_cast<std::uint32_t>(x)));
  return in_dst(mode.approximate ? vector_unit::newton_reciprocal(x, 1) : 1.f / x, mode.fp32_dst);
}

/// 1 / sqrt(x). Approximate: the shifted exponent as a first guess and one of Newton's steps, relative error below 0.2 %.
[[nodiscard]] inline float rsqrt(float x, MathMode mode) noexcept {
  x = std::bit_cast<float>(flushed(std::bit_cast<std::uint32_t>(x)));
  if (!mode.approximate || !(x > 0.f) || std::isinf(x)) return in_dst(static_cast<float>(1. / std::sqrt(double{x})), mode.fp32_dst);
  const float guess = std::bit_cast<float>(0x5f370000u - (std::bit_cast<std::uint32_t>(x) >> 1));
  return in_dst(std::fma(guess * guess, x * -0.5f, 1.5f) * guess, mode.fp32_dst);
}

/// 1 / (1 + e^-x). Approximate: a line up to 1, a polynomial up to 5, then 1; absolute error below 0.009.
[[nodiscard]] inline float sigmoid(float x, MathMode mode) noexcept {
  if (!mode.approximate) return in_dst(1.f / (1.f + vector_unit::accurate_exponential(-x)), mode.fp32_dst);
  const float a = std::fabs(x);
  float y = 1.f;
  if (a <= 1.f) {
    y = std::fma(a, 0.229f, 0.5f);
  } else if (a < 5.f) {
    y = 0.00144462f;
    for (const float c : {-0.01055479f, -0.01203685f, 0.24300185f, 0.50437757f}) y = std::fma(y, a, c);
  }
  return in_dst(x < 0.f ? 1.f - y : std::isnan(x) ? x : y, mode.fp32_dst);
}

/// x sigmoid(x). Approximate: absolute error below 0.044.
[[nodiscard]] inline float silu(float x, MathMode mode) noexcept {
  if (std::isinf(x)) return x < 0 ? 0.f : x;
  return in_dst(x * sigmoid(x, {mode.approximate, true}), mode.fp32_dst);
}

/// x times the normal distribution's share below x. Approximate: x / 2 and a table of six lines; absolute error below 0.024.
[[nodiscard]] inline float gelu(float x, MathMode mode) noexcept {
  if (std::isinf(x)) return x < 0 ? 0.f : x;
  if (!mode.approximate)
    return in_dst(static_cast<float>(0.5 * double{x} * std::erfc(-double{x} * 0.70710678118654752)), mode.fp32_dst);
  struct Line {
    float below, slope, offset;
  };
  // fp16 numbers of the kernel's table
  constexpr Line lines[] = {{0.5f, 0.19274902f, -0.00010442734f}, {1.f, 0.49389648f, -0.16040039f}, {1.5f, 0.61865234f, -0.27954102f},
                            {2.f, 0.60986328f, -0.26342773f},     {3.f, 0.54003906f, -0.11938477f}};
  const float a = std::fabs(x);
  Line line{0.f, 0.5f, 0.f};
  for (const Line& l : lines)
    if (a < l.below) {
      line = l;
      break;
    }
  return in_dst(std::fma(x, 0.5f, std::fma(a, line.slope, line.offset)), mode.fp32_dst);
}

}  // namespace ttt::kernels::ttnn
