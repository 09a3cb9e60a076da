// Rows between the products of a decoder on Tensix cores: rounding, norms, activations, rotary turns. Models; what each takes
// from TTNN's kernels is in docs/ttnn-numerics.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <ttt/kernels/args.hpp>
#include <ttt/kernels/device_engine.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/weights.hpp>

namespace ttt::kernels::ttnn {

/// Numbers that row operations take at a time.
inline constexpr int row_stretch = 256;

[[nodiscard]] inline float widened(std::uint16_t bf16) noexcept { return std::bit_cast<float>(std::uint32_t{bf16} << 16); }
/// A number that lies in memory as bfloat16 already, or comes from the host.
[[nodiscard]] inline std::uint16_t narrowed(float value) noexcept { return host_bf16(std::bit_cast<std::uint32_t>(value)); }
[[nodiscard]] inline float on_host(float value) noexcept { return widened(narrowed(value)); }
/// What the packer makes of a number of an fp32 Dst.
[[nodiscard]] inline float packed(float value) noexcept { return widened(packed_bf16(std::bit_cast<std::uint32_t>(value))); }

/// Numbers of Dst as they leave an op: packed, and unpacked again; blocks begin with the row.
inline void leave_op(float* row, std::int64_t count, DType activations) noexcept {
  if (activations != DType::bfloat8_b) {
    for (std::int64_t i = 0; i < count; ++i) row[i] = packed(row[i]);
    return;
  }
  for (std::int64_t first = 0; first < count; first += block_length) {
    const std::int64_t n = std::min<std::int64_t>(block_length, count - first);
    std::uint32_t numbers[block_length] = {};
    for (std::int64_t i = 0; i < n; ++i) numbers[i] = std::bit_cast<std::uint32_t>(row[first + i]);
    const Block block = packed_block(BlockFloat::bfloat8_b, numbers);
    for (std::int64_t i = 0; i < n; ++i) row[first + i] = widened(unpacked(BlockFloat::bfloat8_b, block.exponent, block.codes[i]));
  }
}

/// `row_sum` in an fp32 Dst of a row that comes in stretches, all but the last of them multiples of 16.
class RowSum {
 public:
  void add(const float* numbers, std::int64_t count) noexcept { dst_ = with_row(dst_, numbers, count, true); }
  [[nodiscard]] float value() const noexcept { return std::bit_cast<float>(dst_); }

 private:
  std::uint32_t dst_ = 0;
};

/// rms_norm and layer_norm with an fp32 Dst at HiFi4: x^2, its mean, rsqrt, and the products with it and with the weight, each
/// kept in fp32 until the last is packed as `activations`. NormKind::none takes what is there. Calls put(i, bf16) in order;
/// number i of `x` is not read any more by then.
template <class Put>
void normalise_row(const float* x, std::int64_t width, const NormArgs& norm, DType activations, const RowKernels& rows,
                   Put put) noexcept {
  static_assert(row_stretch % block_length == 0, "blocks begin with stretches");
  if (norm.kind == NormKind::none) {
    for (std::int64_t i = 0; i < width; ++i) put(i, narrowed(x[i]));
    return;
  }
  const float share = 1.f / static_cast<float>(width);
  float mean[row_stretch], values[row_stretch], factors[row_stretch], squares[row_stretch];
  const auto each_stretch = [&](auto f) {
    for (std::int64_t first = 0; first < width; first += row_stretch) {
      const std::int64_t n = std::min<std::int64_t>(row_stretch, width - first);
      for (std::int64_t i = 0; i < n; ++i) values[i] = on_host(x[first + i]);
      f(first, n);
    }
  };
  float less_mean = 0;
  if (norm.kind == NormKind::layer) {
    RowSum sum;
    each_stretch([&](std::int64_t, std::int64_t n) { sum.add(values, n); });
    less_mean = -sum.value() * share;
  }
  std::fill(mean, mean + row_stretch, less_mean);
  const auto centre = [&](std::int64_t n) {
    if (norm.kind == NormKind::layer) rows.add(values, mean, n, true, values);
  };
  RowSum sum;
  each_stretch([&](std::int64_t, std::int64_t n) {
    centre(n);
    rows.multiply(values, values, n, 4, true, squares);
    sum.add(squares, n);
  });
  const float scale = rsqrt(element_sum(sum.value() * share, norm.eps, true), {false, true});
  each_stretch([&](std::int64_t first, std::int64_t n) {
    centre(n);
    std::fill(factors, factors + n, scale);
    rows.multiply(values, factors, n, 4, true, values);
    if (norm.weight != nullptr) {
      for (std::int64_t i = 0; i < n; ++i) factors[i] = on_host(norm.weight[first + i]);
      rows.multiply(values, factors, n, 4, true, values);
    }
    if (norm.bias != nullptr) {
      for (std::int64_t i = 0; i < n; ++i) factors[i] = on_host(norm.bias[first + i]);
      rows.add(values, factors, n, true, values);
    }
    leave_op(values, n, activations);
    for (std::int64_t i = 0; i < n; ++i) put(first + i, narrowed(values[i]));
  });
}

/// An activation in Dst, accurate mode. gelu_pytorch_tanh and quick_gelu are composed of the vector unit's own functions.
inline void activate(Activation f, float* x, std::int64_t count, bool fp32_dst, const RowKernels& rows) noexcept {
  const MathMode mode{false, fp32_dst};
  switch (f) {
    case Activation::silu: return rows.apply(VectorFunction::silu, x, count, mode, x);
    case Activation::gelu: return rows.apply(VectorFunction::gelu, x, count, mode, x);
    case Activation::gelu_tanh:
      for (std::int64_t i = 0; i < count; ++i) {  // x sigmoid(2 z), z as in the formula with tanh
        const float inner = std::fma(x[i] * x[i] * x[i], 0.044715f, x[i]) * 1.5957691216f;
        x[i] = in_dst(x[i] * sigmoid(inner, {false, true}), fp32_dst);
      }
      return;
    case Activation::quick_gelu:
      for (std::int64_t i = 0; i < count; ++i) x[i] = in_dst(x[i] * sigmoid(1.702f * x[i], {false, true}), fp32_dst);
      return;
    case Activation::relu:
    case Activation::relu2:
      for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] > 0 ? x[i] : 0.f;
      if (f == Activation::relu2)
        for (std::int64_t i = 0; i < count; ++i) x[i] = in_dst(x[i] * x[i], fp32_dst);
      return;
    case Activation::own: return;
  }
}

/// rotary_embedding_llama: x cos and its partner's x sin at HiFi4, each packed, and their sum, as Dst has it. bfloat16 angles.
inline void rotate_head(float* head, const float* cos_sin, int rotary_dim, bool interleaved, const RowKernels& rows) noexcept {
  const int half = rotary_dim / 2;
  float x[row_stretch], y[row_stretch], one[row_stretch], other[row_stretch];
  const auto turned = [&](const float* a, const float* cos, const float* b, const float* sin, bool less, int n, auto put) {
    rows.multiply(a, cos, n, 4, true, one);
    rows.multiply(b, sin, n, 4, true, other);
    for (int i = 0; i < n; ++i) put(i, element_sum(packed(one[i]), packed(less ? -other[i] : other[i]), true));
  };
  for (int first = 0; first < half; first += row_stretch) {
    const int n = std::min(row_stretch, half - first);
    const auto a = [&](int i) -> float& { return head[interleaved ? 2 * (first + i) : first + i]; };
    const auto b = [&](int i) -> float& { return head[interleaved ? 2 * (first + i) + 1 : first + i + half]; };
    for (int i = 0; i < n; ++i) {
      x[i] = a(i);
      y[i] = b(i);
    }
    const float *const cos = cos_sin + first, *const sin = cos_sin + half + first;
    turned(x, cos, y, sin, true, n, [&](int i, float v) { a(i) = v; });
    turned(y, cos, x, sin, false, n, [&](int i, float v) { b(i) = v; });
  }
}

}  // namespace ttt::kernels::ttnn
