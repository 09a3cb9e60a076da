// Functions of whole rows on a Tensix core: element-wise arithmetic and softmax, as models (docs/ttnn-numerics.md).
#pragma once

#include <cstdint>

#include <ttt/kernels/ttnn/matrix_engine.hpp>
#include <ttt/kernels/ttnn/vector_unit.hpp>

namespace ttt::kernels::ttnn {

/// a + b of source numbers as Dst keeps it. Dst rounds halves away from zero.
[[nodiscard]] inline float element_sum(float a, float b, bool fp32_dst) noexcept {
  const std::uint32_t sum = l1_accumulated(std::bit_cast<std::uint32_t>(a), std::bit_cast<std::uint32_t>(b));
  return std::bit_cast<float>(fp32_dst ? sum : std::uint32_t{packed_bf16(sum)} << 16);
}

/// a * b as the multiplier has it: the parts of each phase, added in Dst as the matrix engine adds a single product.
[[nodiscard]] inline float element_product(float a, float b, int phases, bool fp32_dst) noexcept {
  const Source sa = source_of(std::bit_cast<std::uint32_t>(a));
  const Source sb = source_of(std::bit_cast<std::uint32_t>(b));
  std::uint32_t dst = 0;
  for (int phase = 0; phase < phases; ++phase) {
    const PartialProduct p = partial_product(sa, sb, phase);
    const Term alone = p.exponent <= 0 ? Term{0, 0} : Term{p.exponent, (p.negative ? -p.magnitude : p.magnitude) * (1 << 13)};
    dst = added(alone, {0, 0}, dst, fp32_dst);
  }
  return std::bit_cast<float>(dst);
}

/// Dst after a row is added to it as a reduction by the matrix engine: a product with ones in two phases, which keep all of a
/// bfloat16.
[[nodiscard]] inline std::uint32_t with_row(std::uint32_t dst, const float* row, std::int64_t count, bool fp32_dst) noexcept {
  Source ones[engine_depth] = {};
  for (Source& s : ones) s = source_of(0x3f800000u);
  for (std::int64_t first = 0; first < count; first += engine_depth) {
    Source b[engine_depth] = {};
    for (int i = 0; i < engine_depth && first + i < count; ++i) b[i] = source_of(std::bit_cast<std::uint32_t>(row[first + i]));
    for (const int phase : {0, 2}) dst = mvmul(ones, b, phase, dst, fp32_dst);
  }
  return dst;
}
[[nodiscard]] inline float row_sum(const float* row, std::int64_t count, bool fp32_dst) noexcept {
  return std::bit_cast<float>(with_row(0, row, count, fp32_dst));
}

/// Softmax of a row in place: the largest is subtracted, the exponentials summed, each multiplied by the sum's reciprocal;
/// every step's result stands in Dst's format. Requires: count >= 1. A row of minus infinities is all NaN.
inline void softmax(float* row, std::int64_t count, MathMode mode) noexcept {
  float largest = row[0];
  for (std::int64_t i = 1; i < count; ++i) largest = std::max(largest, row[i]);
  for (std::int64_t i = 0; i < count; ++i) row[i] = exponential(element_sum(row[i], -largest, mode.fp32_dst), mode);
  const float scale = reciprocal(row_sum(row, count, mode.fp32_dst), mode);
  for (std::int64_t i = 0; i < count; ++i) row[i] = in_dst(row[i] * scale, mode.fp32_dst);
}

}  // namespace ttt::kernels::ttnn
