// Weight formats whose numbers share scales: groups of 32 inputs of one output, w = s q (int4m: s q + m).
//
// A panel (16 outputs) holds one such group of each output side by side:
//   scales       fp16 s[output]; int4m: then fp16 m[output]
//   int8         int8 q[quad 0..7][output][4], q in [-127, 127]
//   int4, int4m  q in [-8, 7], four bits two's complement: byte [quad 0..3][output][4] holds a number of the quad in its
//                low half and the same number of quad + 4 in its high half
// A quad is four inputs in a row, so that a 32-bit lane holds what one step of an integer dot product reads.
#pragma once

#include <cstdint>

#include <ttt/catalog/packing.hpp>

namespace ttt::kernels {

using catalog::group_size;
using catalog::panel_rows;

/// Where things lie in one group of a panel, in bytes.
template <DType F>
struct GroupLayout {
  static_assert(catalog::is_group_format(F), "a format with scales");
  static constexpr bool has_minimum = F == DType::int4m;
  static constexpr bool nibbles = F != DType::int8;
  static constexpr std::int64_t bytes = catalog::group_bytes(F);
  static constexpr std::int64_t minima = 2 * panel_rows;
  static constexpr std::int64_t numbers = (has_minimum ? 4 : 2) * panel_rows;
  /// Largest |q|.
  static constexpr int limit = nibbles ? 8 : 127;
  /// The byte that holds input `k` of the group.
  static constexpr std::int64_t place(std::int64_t lane, std::int64_t k) noexcept {
    const std::int64_t quad = nibbles ? k / 4 % 4 : k / 4;
    return numbers + (quad * panel_rows + lane) * 4 + k % 4;
  }
  /// q from that byte.
  static constexpr int number(std::int8_t byte, std::int64_t k) noexcept {
    if constexpr (!nibbles) return byte;
    return k < group_size / 2 ? static_cast<std::int8_t>(byte * 16) >> 4 : byte >> 4;
  }
};

/// One group of 16 outputs as numbers.
struct GroupCodes {
  std::uint16_t scale[panel_rows];    ///< fp16
  std::uint16_t minimum[panel_rows];  ///< fp16; int4m alone
  std::uint32_t quads[group_size / 4][panel_rows];  ///< four q as int8, the first input in the lowest byte
};

/// Chooses scales and numbers for w[input][output]; every output on its own. Not-a-number and infinity make
/// all weights of their group NaN. Specialised for each format in kernels/groups.ipp.
template <DType F>
struct GroupCodec;

}  // namespace ttt::kernels
