// How weight formats lie whose numbers share scales: groups of inputs of one output, w = scale * value(code) + minimum.
//
// A panel (16 outputs) holds one such group of each output side by side:
//   scales   fp16 s[output]; with a minimum: then fp16 m[output]
//   codes    in planes of 8, 4, 2 and 1 bits, those whose sum the code's bits are, the widest first and with the code's
//            lowest bits. A plane of b bits is bytes [quad][output][4]: byte i of quad q holds, from its lowest bits up,
//            inputs 4 q + i, 4 q + i + units, 4 q + i + 2 units, ... with units = group * b / 8
// A quad is four inputs in a row, so that a 32-bit lane holds what one step of an integer dot product reads. So int8 is one
// plane of bytes, and in int4 a byte has inputs k and k + 16.
#pragma once

#include <cstdint>

#include <ttt/catalog/packing.hpp>
#include <ttt/spec/block_format.hpp>

namespace ttt::kernels {

using catalog::group_size;
using catalog::panel_rows;

/// Where things lie in one group of a panel, in bytes, and what codes mean.
template <class Format>
struct BlockLayout {
  static constexpr int bits = Format::bits;
  static constexpr int group = Format::group;
  static constexpr bool has_minimum = Format::minimum;
  static constexpr bool has_values = types::HasValues<Format>;
  static constexpr bool nibbles = bits == 4;
  static constexpr std::int64_t minima = 2 * panel_rows;
  static constexpr std::int64_t numbers = (has_minimum ? 4 : 2) * panel_rows;
  static constexpr std::int64_t bytes = numbers + std::int64_t{bits} * group * panel_rows / 8;
  /// Of whole numbers: the least and the largest. 8 bits leave -128 out, so that the range is even.
  static constexpr int high = (1 << (bits - 1)) - 1;
  static constexpr int low = bits == 8 ? -high : -high - 1;

  static constexpr bool has_plane(int width) noexcept { return (bits & width) != 0; }
  /// Of a plane: inputs that have a byte of their own, the code's bits in wider planes, and where it begins.
  static constexpr int units(int width) noexcept { return group * width / 8; }
  static constexpr int below(int width) noexcept { return bits & ~(2 * width - 1); }
  static constexpr std::int64_t plane(int width) noexcept {
    return numbers + std::int64_t{below(width)} * group * panel_rows / 8;
  }
  /// The code of input `k` of an output's group.
  static constexpr int code(const std::uint8_t* group_of_panel, std::int64_t lane, std::int64_t k) noexcept {
    int all = 0;
    for (int width = 8; width > 0; width /= 2) {
      if (!has_plane(width)) continue;
      const std::int64_t unit = k % units(width);
      const int byte = group_of_panel[plane(width) + (unit / 4 * panel_rows + lane) * 4 + unit % 4];
      all |= (byte >> width * (k / units(width)) & ((1 << width) - 1)) << below(width);
    }
    return all;
  }
  /// What a code means, before the scale.
  static constexpr float value(int code) noexcept {
    if constexpr (has_values) {
      return Format::values[code];
    } else {
      return static_cast<float>(code > high ? code - (1 << bits) : code);
    }
  }
};

/// The description of what kernels are keyed on: a DType, or an object of a user's own format.
template <auto W>
struct DescriptionOf {
  using type = std::remove_cv_t<decltype(W)>;
};
template <DType W>
struct DescriptionOf<W> : types::block_format<W> {};
template <auto W>
using GroupLayout = BlockLayout<typename DescriptionOf<W>::type>;

/// Whether what kernels are keyed on has scales.
template <auto W>
inline constexpr bool is_grouped = catalog::is_group_format(types::dtype_of<W>());

/// Chooses scales for one group of 16 outputs, w[input][output], and writes the outputs [begin, end) of it, coded, into a
/// panel whose bytes of these outputs are zero. `importance`: what an error at each input weighs, or null where they are
/// alike. Every output by itself, and to the same bits on every instruction set. What is searched for: reference/coding.hpp.
using CodeFn = void (*)(const float* w, const float* importance, int begin, int end, std::uint8_t* group) noexcept;

}  // namespace ttt::kernels
