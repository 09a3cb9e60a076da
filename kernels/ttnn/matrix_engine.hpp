// The matrix engine of a Tensix core (Wormhole), one output number at a time: Dst += SrcB row . SrcA column over 16 inputs,
// one fidelity phase. It reads like the rules; kernels/ttnn/body/ has the fast form, equal to it bit for bit.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include <ttt/kernels/ttnn/datum.hpp>

namespace ttt::kernels::ttnn {

/// Inputs that one MVMUL sums.
inline constexpr int engine_depth = 16;
/// Inputs that share an exponent while they are summed.
inline constexpr int engine_group = 8;

/// A product of parts of two mantissas: +-magnitude * 2^(exponent - 127 - 10).
struct PartialProduct {
  bool negative;
  int exponent;
  int magnitude;  ///< at most 12 bits
};

/// The multiplier takes 5 bits of SrcA and 7 bits of SrcB. Phase bit 0 chooses SrcA's low part, bit 1 SrcB's.
[[nodiscard]] constexpr PartialProduct partial_product(Source a, Source b, int phase) noexcept {
  const bool low_a = (phase & 1) != 0;
  const bool low_b = (phase & 2) != 0;
  const int part_a = low_a ? a.magnitude >> 1 & 31 : a.magnitude >> 6;
  const int part_b = low_b ? (b.magnitude & 15) << 3 : b.magnitude >> 4;
  const int exponent = a.exponent + b.exponent - 127 - (low_a ? 5 : 0) - (low_b ? 7 : 0);
  const bool zero = a.exponent == 0 || b.exponent == 0;
  return {a.negative != b.negative, zero ? std::max(exponent, 0) : exponent, part_a * part_b};
}

/// One of the three numbers that an MVMUL adds up: value * 2^(exponent - 127 - 23).
struct Term {
  int exponent;
  std::int32_t value;
};

/// Eight products aligned to the largest exponent among them, each rounded half up in magnitude; nothing where no exponent
/// is positive.
[[nodiscard]] constexpr Term group_sum(const Source* a, const Source* b, int phase) noexcept {
  PartialProduct products[engine_group] = {};
  int largest = 0;
  for (int i = 0; i < engine_group; ++i) {
    products[i] = partial_product(a[i], b[i], phase);
    largest = std::max(largest, products[i].exponent);
  }
  if (largest <= 0) return {0, 0};
  std::int32_t sum = 0;
  for (const PartialProduct& p : products) {
    const int distance = std::min(largest - p.exponent, 30);
    const auto aligned = static_cast<std::int32_t>((2u * static_cast<unsigned>(p.magnitude) + (1u << distance)) >> (distance + 1));
    sum += p.negative ? -aligned : aligned;
  }
  return {largest, sum * (1 << 13)};
}

/// A term in units of a larger exponent. A tie of a group goes up in value, one of Dst away from zero.
[[nodiscard]] constexpr std::int32_t aligned(Term t, int exponent, bool is_group) noexcept {
  const int distance = exponent - t.exponent;
  if (distance == 0) return t.value;
  if (distance >= 31) return 0;
  const std::int64_t magnitude = std::abs(std::int64_t{t.value});
  const std::int64_t half = (std::int64_t{1} << (distance - 1)) - (is_group && t.value < 0 ? 1 : 0);
  const auto shifted = static_cast<std::int32_t>((magnitude + half) >> distance);
  return t.value < 0 ? -shifted : shifted;
}

/// Rounded to a multiple of 2^13, with ties as in `aligned`: what a bf16 Dst does to every term before they are added.
[[nodiscard]] constexpr std::int32_t cut_for_bf16(std::int32_t value, bool is_group) noexcept {
  const std::int32_t half = (1 << 12) - (is_group && value < 0 ? 1 : 0);
  const std::int32_t cut = (std::abs(value) + half) >> 13 << 13;
  return value < 0 ? -cut : cut;
}

/// fp32 bits of +-magnitude * 2^(exponent - 127 - 23): normalised, halves away from zero, bf16 Dst to 8 bits. Too small is
/// +0, too large exponent 255 with an empty mantissa.
[[nodiscard]] constexpr std::uint32_t encoded(bool negative, std::uint32_t magnitude, int exponent, bool fp32_dst) noexcept {
  if (magnitude == 0) return 0;
  const int excess = static_cast<int>(std::bit_width(magnitude)) - 24;
  exponent += excess;
  magnitude = excess > 0 ? (magnitude + (1u << (excess - 1))) >> excess : magnitude << -excess;
  if (magnitude >> 24 != 0) {
    magnitude >>= 1;
    ++exponent;
  }
  if (exponent <= 0) return 0;
  const std::uint32_t sign = negative ? 0x80000000u : 0u;
  if (exponent >= 255) return sign | 0x7f800000u;
  const std::uint32_t bits = static_cast<std::uint32_t>(exponent) << 23 | (magnitude & 0x7fffffu);
  return sign | (fp32_dst ? bits : (bits + 0x8000u) & 0xffff0000u);
}

/// Dst, as fp32 bits, after two groups' sums are added to it.
[[nodiscard]] constexpr std::uint32_t added(Term group0, Term group1, std::uint32_t dst, bool fp32_dst) noexcept {
  const int dst_exponent = static_cast<int>(dst >> 23 & 0xff);
  const auto dst_magnitude = static_cast<std::int32_t>(dst_exponent == 0 ? 0 : (dst & 0x7fffffu) | 0x800000u);
  const Term terms[3] = {group0, group1, {dst_exponent, dst >> 31 != 0 ? -dst_magnitude : dst_magnitude}};
  const int exponent = std::max({terms[0].exponent, terms[1].exponent, terms[2].exponent});
  std::int32_t sum = 0;
  for (int i = 0; i < 3; ++i) {
    const std::int32_t term = aligned(terms[i], exponent, i < 2);
    sum += fp32_dst ? term : cut_for_bf16(term, i < 2);
  }
  return encoded(sum < 0, static_cast<std::uint32_t>(std::abs(sum)), exponent, fp32_dst);
}

/// Dst after one MVMUL of one phase, as fp32 bits (a bf16 Dst has its lower 16 bits empty). `a`: a column of SrcA (in1, the
/// weights), `b`: a row of SrcB (in0, the activations), 16 numbers each.
[[nodiscard]] constexpr std::uint32_t mvmul(const Source* a, const Source* b, int phase, std::uint32_t dst,
                                            bool fp32_dst) noexcept {
  return added(group_sum(a, b, phase), group_sum(a + engine_group, b + engine_group, phase), dst, fp32_dst);
}

}  // namespace ttt::kernels::ttnn
