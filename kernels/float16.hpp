// bf16 and fp16 as 16-bit patterns, to and from float. Rounding is to nearest, ties to even; NaN stays NaN.
#pragma once

#include <bit>
#include <cstdint>

#include <ttt/spec/dtype.hpp>

namespace ttt::kernels {

[[nodiscard]] constexpr float float_from_bf16(std::uint16_t bits) noexcept {
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

[[nodiscard]] constexpr std::uint16_t bf16_from_float(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

/// The nearest bf16 as a float.
[[nodiscard]] constexpr float round_to_bf16(float value) noexcept {
  return float_from_bf16(bf16_from_float(value));
}

[[nodiscard]] constexpr float float_from_fp16(std::uint16_t bits) noexcept {
  const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u)  // infinity and NaN (made quiet, as the processor does)
    return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13 |
                                (magnitude > 0x7c00u ? 0x400000u : 0u));
  if (magnitude >= 0x0400u) return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000u));
  const float subnormal = static_cast<float>(magnitude) * 0x1p-24f;
  return sign != 0 ? -subnormal : subnormal;
}

[[nodiscard]] constexpr std::uint16_t fp16_from_float(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // rounds to infinity
  if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 makes the float adder round at 2^-24
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
  }
  const std::uint32_t rounded = magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | rounded >> 13);
}

/// One number of a plain format, read from and written to memory.
template <DType F>
struct Number;

template <>
struct Number<DType::fp32> {
  using Stored = float;
  static constexpr float load(float stored) noexcept { return stored; }
  static constexpr float store(float value) noexcept { return value; }
};
template <>
struct Number<DType::fp16> {
  using Stored = std::uint16_t;
  static constexpr float load(std::uint16_t stored) noexcept { return float_from_fp16(stored); }
  static constexpr std::uint16_t store(float value) noexcept { return fp16_from_float(value); }
};
template <>
struct Number<DType::bf16> {
  using Stored = std::uint16_t;
  static constexpr float load(std::uint16_t stored) noexcept { return float_from_bf16(stored); }
  static constexpr std::uint16_t store(float value) noexcept { return bf16_from_float(value); }
};

}  // namespace ttt::kernels
