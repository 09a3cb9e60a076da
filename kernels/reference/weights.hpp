// Packed weights read one number at a time: what the layouts mean.
#pragma once

#include <cmath>
#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/groups.hpp>

namespace ttt::kernels::reference {

/// Weight formats; `at` is the weight of packed output `row` (panel order) and input `k`.
template <auto F>
struct Weights {
  using N = Number<F>;
  static float at(const Packed& w, std::int64_t row, std::int64_t k) noexcept {
    const auto* data = static_cast<const typename N::Stored*>(w.data);
    const std::int64_t padded_k = catalog::round_up(w.k, 2);
    return N::load(data[(row / panel_rows * padded_k + k) * panel_rows + row % panel_rows]);
  }
};

template <>
struct Weights<DType::bf16> {
  static float at(const Packed& w, std::int64_t row, std::int64_t k) noexcept {
    const auto* data = static_cast<const std::uint16_t*>(w.data);
    const std::int64_t pairs = catalog::round_up(w.k, 2) / 2;
    const std::int64_t pair = row / panel_rows * pairs + k / 2;
    return float_from_bf16(data[(pair * panel_rows + row % panel_rows) * 2 + k % 2]);
  }
};

/// Formats with scales: s value(code) + m.
template <auto F>
  requires(is_grouped<F>)
struct Weights<F> {
  using Layout = GroupLayout<F>;
  static float at(const Packed& w, std::int64_t row, std::int64_t k) noexcept {
    const std::int64_t lane = row % panel_rows;
    const auto* group = static_cast<const std::uint8_t*>(w.data) +
                        (row / panel_rows * ((w.k + Layout::group - 1) / Layout::group) + k / Layout::group) * Layout::bytes;
    const auto half = [&](std::int64_t at) {
      return float_from_fp16(static_cast<std::uint16_t>(group[at + 2 * lane] | group[at + 2 * lane + 1] << 8));
    };
    const float product = half(0) * Layout::value(Layout::code(group, lane, k % Layout::group));
    return Layout::has_minimum ? product + half(Layout::minima) : product;
  }
};

/// A row of activations as the product takes them: as they are, rounded to bf16, or to whole numbers of a scale
/// for every 32: nearest(x * (127 / max |x|)) * (max |x| / 127).
template <DType A>
void round_operands(float* x, std::int64_t k) noexcept {
  static_assert(catalog::is_activation_format(A), "an activation format");
  if constexpr (A == DType::bf16)
    for (std::int64_t i = 0; i < k; ++i) x[i] = round_to_bf16(x[i]);
  if constexpr (A == DType::int8)
    for (std::int64_t begin = 0; begin < k; begin += group_size) {
      const std::int64_t end = begin + group_size < k ? begin + group_size : k;
      float largest = 0;
      for (std::int64_t i = begin; i < end; ++i)
        if (!(std::abs(x[i]) <= largest)) largest = std::abs(x[i]);  // NaN stays
      const float steps = largest < 0x1p-100f ? 0 : 127 / largest;
      for (std::int64_t i = begin; i < end; ++i) x[i] = std::nearbyint(x[i] * steps) * (largest * (1.f / 127));
    }
}

}  // namespace ttt::kernels::reference
