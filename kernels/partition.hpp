// How an op's work is cut into parts: by outputs, contiguous, as even as the units allow.
#pragma once

#include <cstdint>

#include <ttt/kernels/args.hpp>

namespace ttt::kernels {

/// Half-open.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// The units of `total` that belong to a part.
[[nodiscard]] constexpr Range share(std::int64_t total, Part part) noexcept {
  return {total * part.index / part.count, total * (part.index + 1) / part.count};
}

/// Least common multiple of positive numbers.
[[nodiscard]] constexpr int common_multiple(int a, int b) noexcept {
  int multiple = a;
  while (multiple % b != 0) multiple += a;
  return multiple;
}

/// One of the q, k, v segments of a fused qkv product.
struct Segment {
  int heads;
  int panel_begin;  ///< in the packed matrix
  int panels;
  int unit_begin;  ///< among all segments' units
  int units;
};

/// The three segments, cut in units of lcm(head_dim, 16) outputs: a unit is whole heads and whole panels.
struct QkvLayout {
  int unit_panels;
  int unit_heads;
  Segment segments[3];
  int units;

  constexpr QkvLayout(int heads, int kv_heads, int head_dim) noexcept
      : unit_panels{}, unit_heads{}, segments{}, units{} {
    const int lcm = common_multiple(head_dim, panel_rows);
    unit_panels = lcm / panel_rows;
    unit_heads = lcm / head_dim;
    int panel = 0;
    for (int s = 0; s < 3; ++s) {
      const int segment_heads = s == 0 ? heads : kv_heads;
      const int panels = (segment_heads * head_dim + panel_rows - 1) / panel_rows;
      const int segment_units = (panels + unit_panels - 1) / unit_panels;
      segments[s] = {segment_heads, panel, panels, units, segment_units};
      panel += panels;
      units += segment_units;
    }
  }
};

/// What a part owns of one segment, clipped to it; empty ranges when nothing.
struct OwnedHeads {
  Range panels;  ///< of the packed matrix
  Range heads;   ///< of the segment
};
[[nodiscard]] constexpr OwnedHeads owned_heads(const QkvLayout& layout, int segment, Range units) noexcept {
  const Segment& s = layout.segments[segment];
  const auto clip = [](std::int64_t v, std::int64_t low, std::int64_t high) {
    return v < low ? low : v > high ? high : v;
  };
  const std::int64_t begin = clip(units.begin - s.unit_begin, 0, s.units);
  const std::int64_t end = clip(units.end - s.unit_begin, 0, s.units);
  const auto least = [](std::int64_t a, std::int64_t b) { return a < b ? a : b; };
  return {{s.panel_begin + least(begin * layout.unit_panels, s.panels),
           s.panel_begin + least(end * layout.unit_panels, s.panels)},
          {least(begin * layout.unit_heads, s.heads), least(end * layout.unit_heads, s.heads)}};
}

}  // namespace ttt::kernels
