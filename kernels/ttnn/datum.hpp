// One number on its way through a Tensix core (Wormhole): unpacked into a source register, accumulated in Dst, packed.
//
// Nothing in here knows infinities or NaNs: an exponent of 255 is a number like any other, until it is packed. What is
// too small for a normal number is zero. Source: the rules gathered from Tenstorrent's ISA documentation, held against
// the vectors (docs/ttnn-numerics.md).
#pragma once

#include <bit>
#include <cstdint>

namespace ttt::kernels::ttnn {

/// Sign, exponent and magnitude of a number with a 10-bit mantissa, as SrcA and SrcB hold it (19 bits).
struct Source {
  bool negative;
  int exponent;   ///< biased by 127; 0 of zero alone
  int magnitude;  ///< 11 bits with the hidden one; 0 of zero
};

/// What the unpacker puts into a source register: fp32 bits cut to 10 mantissa bits; denormals are zero.
[[nodiscard]] constexpr Source source_of(std::uint32_t fp32_bits) noexcept {
  const int exponent = static_cast<int>(fp32_bits >> 23 & 0xff);
  const int mantissa = static_cast<int>(fp32_bits >> 13 & 0x3ff);
  return {fp32_bits >> 31 != 0, exponent, exponent == 0 ? 0 : mantissa | 0x400};
}
/// The same of a bfloat16, whose lower three mantissa bits are zero there.
[[nodiscard]] constexpr Source source_of_bf16(std::uint16_t bits) noexcept {
  return source_of(std::uint32_t{bits} << 16);
}

/// The packer's bfloat16 of an fp32 Dst: half away from zero, NaN becomes infinity, denormals +0.
[[nodiscard]] constexpr std::uint16_t packed_bf16(std::uint32_t dst_bits) noexcept {
  const std::uint32_t exponent = dst_bits & 0x7f800000u;
  if (exponent == 0) return 0;
  if (exponent == 0x7f800000u) return static_cast<std::uint16_t>(dst_bits >> 31 << 15 | 0x7f80u);
  return static_cast<std::uint16_t>((dst_bits + 0x8000u) >> 16);
}

/// What the packer makes of Dst in either form: a bf16 Dst is copied.
[[nodiscard]] constexpr std::uint16_t packed_dst(std::uint32_t dst_bits, bool fp32_dst) noexcept {
  return fp32_dst ? packed_bf16(dst_bits) : static_cast<std::uint16_t>(dst_bits >> 16);
}

/// Denormals are zero, with their sign.
[[nodiscard]] constexpr std::uint32_t flushed(std::uint32_t fp32_bits) noexcept {
  return (fp32_bits & 0x7f800000u) == 0 ? fp32_bits & 0x80000000u : fp32_bits;
}

/// What the packer writes back when it accumulates in L1 (packer_l1_acc) and L1 holds fp32: an fp32 addition that flushes
/// denormals before and after.
[[nodiscard]] constexpr std::uint32_t l1_accumulated(std::uint32_t held, std::uint32_t added) noexcept {
  return flushed(std::bit_cast<std::uint32_t>(std::bit_cast<float>(flushed(held)) + std::bit_cast<float>(flushed(added))));
}
/// The same where L1 holds bfloat16: the sum is rounded to nearest, ties to even.
[[nodiscard]] constexpr std::uint16_t l1_accumulated_bf16(std::uint16_t held, std::uint16_t added) noexcept {
  const std::uint32_t sum = l1_accumulated(std::uint32_t{held} << 16, std::uint32_t{added} << 16);
  if ((sum & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(sum >> 16 | 0x40u);
  return static_cast<std::uint16_t>((sum + 0x7fffu + (sum >> 16 & 1u)) >> 16);
}

}  // namespace ttt::kernels::ttnn
