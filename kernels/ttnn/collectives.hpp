// Sums over the chips of a mesh, in the order in which TTNN's reduce-scatter adds them (0.81.1, reduce_scatter_minimal_async).
// What is gathered afterwards is copied, so that all chips hold the same numbers.
#pragma once

#include <algorithm>
#include <cstdint>

#include <ttt/kernels/ttnn/row_ops.hpp>

namespace ttt::kernels::ttnn {

inline constexpr int most_chips = 8;
/// Tiles that go around a ring together; every other such chunk goes the other way.
inline constexpr std::int64_t scatter_chunk = 8;

/// Where a tile lies among those that are scattered.
struct ScatterPlace {
  int chip;           ///< that ends up with it
  std::int64_t tile;  ///< number in that chip's slice, row by row
};

/// A sum that travels from chip to chip: each adds its own in a bf16 Dst and packs it.
class TravellingSum {
 public:
  TravellingSum(const float* const* of_chip, const DeviceMode& mode, const RowKernels& rows) noexcept
      : of_chip_(of_chip), mode_(mode), rows_(rows) {}

  /// From chip `first` in steps of `step`, `count` of them.
  const float* over(int first, int step, int count) noexcept {
    const auto chip = [&](int i) { return of_chip_[((first + i * step) % mode_.chips + mode_.chips) % mode_.chips]; };
    std::copy(chip(0), chip(0) + tile_side, sum_);
    for (int i = 1; i < count; ++i) add(chip(i));
    return sum_;
  }
  const float* add(const float* other) noexcept {
    rows_.add(sum_, other, tile_side, false, sum_);
    leave_op(sum_, tile_side, mode_.activations);
    return sum_;
  }

 private:
  const float* const* of_chip_;
  const DeviceMode& mode_;
  const RowKernels& rows_;
  float sum_[tile_side];
};

/// Adds up 32 numbers of a row of a tile over the chips of a line or a ring. `of_chip`: what each of them has.
///
/// In a line one sum comes from each end; the chip that they meet at adds the first chips' to its own, and then the last ones'.
/// In a ring of an even number of chips a sum comes from half-way around on one side, and from one chip less on the other;
/// the last step adds both at once. Sources: line_ and ring_reduce_scatter_minimal_async_reader.cpp, ring_reduction.cpp.
inline void reduce_scatter(const float* const* of_chip, const DeviceMode& mode, ScatterPlace place, const RowKernels& rows,
                           float* y) noexcept {
  const int own = place.chip, chips = mode.chips;
  if (mode.ring && chips % 2 == 0 && chips > 2) {
    const int half = chips / 2, way = place.tile / scatter_chunk % 2 == 0 ? 1 : -1;
    TravellingSum longer(of_chip, mode, rows), shorter(of_chip, mode, rows);
    const float* const a = longer.over(own - way * half, way, half);
    const float* const b = shorter.over(own + way * (half - 1), -way, half - 1);
    rows.add(a, of_chip[own], tile_side, true, y);
    rows.add(b, y, tile_side, false, y);
    return leave_op(y, tile_side, mode.activations);
  }
  TravellingSum sum(of_chip, mode, rows), from_end(of_chip, mode, rows);
  const float* total = of_chip[own];
  if (own > 0) {
    (void)sum.over(0, 1, own);
    total = sum.add(of_chip[own]);
  } else {
    total = sum.over(own, 1, 1);
  }
  if (own < chips - 1) total = sum.add(from_end.over(chips - 1, -1, chips - 1 - own));
  std::copy(total, total + tile_side, y);
}

}  // namespace ttt::kernels::ttnn
