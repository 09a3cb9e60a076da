// bfloat8_b, bfloat4_b and bfloat2_b: 16 numbers of a face row share one exponent byte, the largest; a number is a sign
// and a magnitude in units of it. As the packer makes them from Dst, the host from floats, and the unpacker reads them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include <ttt/kernels/ttnn/datum.hpp>

namespace ttt::kernels::ttnn {

/// Bits of one code; the value is the number in TTNN's name of the format.
enum class BlockFloat : int { bfloat2_b = 2, bfloat4_b = 4, bfloat8_b = 8 };

[[nodiscard]] constexpr int code_bits(BlockFloat format) noexcept { return static_cast<int>(format); }

/// Numbers that share an exponent.
inline constexpr int block_length = 16;

/// One block: `codes` hold sign and magnitude, the sign in the highest of the format's bits.
struct Block {
  std::uint8_t exponent;
  std::uint8_t codes[block_length];
};

/// The first step of packing: a number of Dst, as fp32 bits, is rounded to a mantissa of 6 bits, halves away from zero; a carry
/// goes into the exponent. NaN becomes infinity, denormals +0. The result is a bfloat16 whose last bit is empty. bfloat2_b
/// keeps 7 bits: so the one vector that tells says.
///
/// Sources: the ISA documentation's early format conversion to E8M6, which TTNN asks for whether Dst is bf16 or fp32.
[[nodiscard]] constexpr std::uint16_t rounded_for_block(BlockFloat format, std::uint32_t dst_bits) noexcept {
  if (format == BlockFloat::bfloat2_b) return packed_bf16(dst_bits);
  const std::uint32_t exponent = dst_bits & 0x7f800000u;
  if (exponent == 0) return 0;
  if (exponent == 0x7f800000u) return static_cast<std::uint16_t>(dst_bits >> 31 << 15 | 0x7f80u);
  return static_cast<std::uint16_t>((dst_bits + 0x10000u) >> 17 << 1);
}

/// What the packer makes of 16 numbers of Dst, as fp32 bits.
[[nodiscard]] constexpr Block packed_block(BlockFloat format, const std::uint32_t* dst_bits) noexcept {
  Block block{};
  std::uint16_t rounded[block_length] = {};
  for (int i = 0; i < block_length; ++i) {
    rounded[i] = rounded_for_block(format, dst_bits[i]);
    block.exponent = std::max(block.exponent, static_cast<std::uint8_t>(rounded[i] >> 7));
  }
  for (int i = 0; i < block_length; ++i) {
    const int exponent = rounded[i] >> 7 & 0xff;
    const int shift = block.exponent - exponent;
    if (exponent == 0 || shift >= 8) continue;
    const int mantissa = (rounded[i] & 0x7f) | 0x80;
    const int seven = std::min((mantissa + (1 << shift)) >> (shift + 1), 127);
    const int magnitude = seven >> (8 - code_bits(format));
    const int sign = magnitude == 0 ? 0 : rounded[i] >> 15 << (code_bits(format) - 1);
    block.codes[i] = static_cast<std::uint8_t>(sign | magnitude);
  }
  return block;
}

/// The same of a bf16 Dst.
[[nodiscard]] constexpr Block packed_block(BlockFloat format, const std::uint16_t* bf16) noexcept {
  std::uint32_t dst_bits[block_length] = {};
  for (int i = 0; i < block_length; ++i) dst_bits[i] = std::uint32_t{bf16[i]} << 16;
  return packed_block(format, dst_bits);
}

/// The host's own bfloat16 of fp32 bits: to nearest, ties to even; NaN stays NaN.
[[nodiscard]] constexpr std::uint16_t host_bf16(std::uint32_t fp32_bits) noexcept {
  if ((fp32_bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(fp32_bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((fp32_bits + 0x7fffu + (fp32_bits >> 16 & 1u)) >> 16);
}

/// What the host makes of 16 floats when it converts weights (tt-metal's conversion on the host, not the packer): the
/// mantissa is shifted to the shared exponent, where bits fall off, and then rounded to nearest even; the largest code
/// holds what is above it. Denormals are zero.
[[nodiscard]] constexpr Block host_packed_block(BlockFloat format, const float* values) noexcept {
  const int magnitude_bits = code_bits(format) - 1;
  const int drop = 24 - magnitude_bits;
  Block block{};
  for (int i = 0; i < block_length; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    block.exponent = std::max(block.exponent, static_cast<std::uint8_t>(bits >> 23 & 0xff));
  }
  for (int i = 0; i < block_length; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    const int exponent = static_cast<int>(bits >> 23 & 0xff);
    const int shift = block.exponent - exponent;
    if (exponent == 0 || shift > 24) continue;
    const std::uint32_t mantissa = ((bits & 0x7fffffu) | 0x800000u) >> shift;
    const std::uint32_t rest = mantissa & ((1u << drop) - 1);
    const std::uint32_t tie = 1u << (drop - 1);
    std::uint32_t magnitude = mantissa >> drop;
    magnitude += rest > tie || (rest == tie && (magnitude & 1u) != 0) ? 1u : 0u;
    magnitude = std::min(magnitude, (1u << magnitude_bits) - 1);
    const std::uint32_t sign = magnitude == 0 ? 0 : bits >> 31 << magnitude_bits;
    block.codes[i] = static_cast<std::uint8_t>(sign | magnitude);
  }
  return block;
}

/// What the unpacker makes of one code: the bfloat16 of its value. -0 becomes minus infinity.
[[nodiscard]] constexpr std::uint16_t unpacked(BlockFloat format, std::uint8_t exponent, std::uint8_t code) noexcept {
  const int magnitude_bits = code_bits(format) - 1;
  const unsigned sign = code >> magnitude_bits & 1u;
  const unsigned magnitude = code & ((1u << magnitude_bits) - 1);
  if (magnitude == 0) return sign != 0 ? 0xff80u : 0u;
  const int zeros = magnitude_bits - std::bit_width(magnitude);
  const unsigned mantissa = magnitude << (zeros + 8 - magnitude_bits) & 0x7fu;  // the leading one drops out
  const unsigned normal = static_cast<unsigned>(exponent - zeros) & 0xffu;
  return static_cast<std::uint16_t>(sign << 15 | normal << 7 | mantissa);
}

}  // namespace ttt::kernels::ttnn
