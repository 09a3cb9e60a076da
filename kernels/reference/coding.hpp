// How scales are chosen and weights are coded, one output at a time: what loading does with formats that have scales.
//
// The weighted squared error, sum of a (w - s v - m)² over a group with a the importance of each input, is searched for its
// least: several scales are tried, the numbers v that each gives are kept, and for these the s (and m) of least squares
// follow, which leave the more of it the larger (sum of a w v)² / (sum of a v v) is; the best scale is refined once more the
// same way. The method is known from llama.cpp (`make_qx_quants`, `make_qkx2_quants`, I. Kawrakow), the choice of weights
// from Lin et al., 2024 (AWQ): errors count by how large what they are multiplied with is. In the place of measured
// activations stand the weights of the norm in front, which is known when loading (TensorPacker::matrix).
//
// Products of sums are exact: importance has 8 significant bits and weighted weights 16. So a multiplication fused with
// the addition behind it gives the same bits as both apart, and every instruction set chooses the same scales.
#pragma once

#include <cmath>
#include <cstdint>

#include <ttt/kernels/float16.hpp>
#include <ttt/kernels/groups.hpp>

namespace ttt::kernels {

/// What the search tries, for every instruction set.
template <class Format>
struct ScaleSearch {
  using Layout = BlockLayout<Format>;
  /// Formats of seven and eight bits put the largest weight near the end of the range; narrower ones gain by cutting off
  /// what is over, and of their uneven range the longer side is the extreme's.
  static constexpr bool fine = !Layout::has_values && Layout::bits >= 7;
  /// Many values cost time to look through, and gain less.
  static constexpr int count = Layout::has_minimum ? 7 : fine || Layout::bits > 5 ? 8 : Layout::has_values ? 20 : 12;
  static constexpr int refinements = Layout::has_minimum ? 2 : 1;
  /// Steps from zero to the extreme, negative where its sign changes; with a minimum: from the least to the largest.
  static constexpr float steps(int i) noexcept {
    constexpr float top = static_cast<float>(Layout::high);
    const auto n = static_cast<float>(i);
    if (Layout::has_minimum) return (2 * top + 1) * (26 + n) / 30;
    if (fine) return top * (0.945f + 0.0083f * n);
    if (Layout::has_values) return reach() * (i % 2 == 0 ? 0.82f + 0.015f * n : -0.805f - 0.015f * n);
    return (top + 1) * (-0.75f - 0.03125f * n);
  }
  /// The value furthest from zero.
  static constexpr float reach() noexcept {
    float most = 0;
    for (int i = 0; i < 1 << Layout::bits; ++i) {
      const float v = Layout::value(i) < 0 ? -Layout::value(i) : Layout::value(i);
      most = v > most ? v : most;
    }
    return most;
  }
};

/// The first 8 or 16 significant bits.
[[nodiscard]] inline float first_bits(float x, int bits) noexcept {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & ~0u << (24 - bits));
}
/// The code of a value between two: the nearest one's, the upper one's in the middle. `values` of 1 << bits.
template <class Format>
[[nodiscard]] int nearest_code(float x) noexcept {
  using Layout = BlockLayout<Format>;
  int code = 0;
  for (int step = 1 << (Layout::bits - 1); step > 0; step /= 2)
    if (x >= 0.5f * (Layout::value(code + step - 1) + Layout::value(code + step))) code += step;
  return code;
}

/// An fp16 scale or minimum: what is too large becomes the largest, what is no number 0.
[[nodiscard]] inline std::uint16_t fp16_in_range(float x) noexcept {
  constexpr float largest = 65504.f;
  return fp16_from_float(x != x ? 0 : x > largest ? largest : x < -largest ? -largest : x);
}
/// The scale as it is stored. A scale below fp16's normal numbers is coarse: rather a larger one than numbers cut off.
template <class Format>
[[nodiscard]] std::uint16_t stored_scale(float scale, float extreme) noexcept {
  const std::uint16_t bits = fp16_in_range(scale);
  constexpr float reach = static_cast<float>(BlockLayout<Format>::high) + 0.5f;
  const bool cut = ScaleSearch<Format>::fine && bits < 0x0400 && float_from_fp16(bits) * reach < extreme;
  return static_cast<std::uint16_t>(cut ? bits + 1 : bits);
}

namespace reference {

/// One group of one output.
template <class Format>
class Coding {
 public:
  using Layout = BlockLayout<Format>;
  using Search = ScaleSearch<Format>;
  static constexpr int n = Layout::group;
  std::uint16_t scale = 0x7e00, minimum = 0;  ///< fp16; not-a-number and infinity make all weights of their group NaN
  int codes[n] = {};

  /// `w`: inputs `panel_rows` apart.
  Coding(const float* w, const float* importance) noexcept : w_(w) {
    for (int k = 0; k < n; ++k)
      if (!(std::abs(weight(k)) < HUGE_VALF)) return;
    for (int k = 0; k < n; ++k) importance_[k] = importance != nullptr ? importance[k] : 1;
    if constexpr (types::ChoosesScale<Format>) {
      float together[n], errors[n];
      for (int k = 0; k < n; ++k) together[k] = weight(k), errors[k] = importance_[k];
      const BlockScale own = Format::scale(together, errors);
      finish(own.scale, own.minimum, 0);
    } else if constexpr (Layout::has_minimum) {
      search_line();
    } else {
      search_scale();
    }
  }

 private:
  [[nodiscard]] float weight(int k) const noexcept { return w_[std::int64_t{k} * panel_rows]; }
  [[nodiscard]] static float clamped(float x, float low, float high) noexcept {
    x = x > low ? x : low;  // NaN becomes `low`
    return x < high ? x : high;
  }
  [[nodiscard]] static float quotient(float a, float b) noexcept { return b > 0 ? a / b : 0; }
  /// The value nearest to x, of 8 significant bits where values are a format's own.
  [[nodiscard]] static float rounded(float x) noexcept {
    if constexpr (Layout::has_values) return first_bits(Layout::value(nearest_code<Format>(x)), 8);
    return std::nearbyint(clamped(x, Layout::low, Layout::high));
  }

  void search_scale() noexcept {
    float extreme = 0;
    for (int k = 0; k < n; ++k)
      if (std::abs(weight(k)) > std::abs(extreme)) extreme = weight(k);
    if (Search::fine) extreme = std::abs(extreme);
    float best = 0, scale_found = 0;
    const auto attempt = [&](float inverse) {
      float wv = 0, vv = 0;
      for (int k = 0; k < n; ++k) {
        const float v = rounded(weight(k) * inverse);
        wv += first_bits(importance_[k] * weight(k), 16) * v;
        vv += importance_[k] * v * v;
      }
      const float fit = quotient(wv, vv);
      if (fit * wv > best) best = fit * wv, scale_found = fit;
    };
    for (int i = 0; i < Search::count; ++i) attempt(extreme != 0 ? Search::steps(i) / extreme : 0);
    for (int i = 0; i < Search::refinements; ++i) attempt(scale_found != 0 ? 1 / scale_found : 0);
    finish(scale_found, 0, std::abs(extreme));
  }

  /// With a minimum: a straight line through what codes mean.
  void search_line() noexcept {
    float low = weight(0), high = weight(0), weights = 0, sum = 0;
    for (int k = 0; k < n; ++k) {
      low = weight(k) < low ? weight(k) : low;
      high = weight(k) > high ? weight(k) : high;
      weights += importance_[k];
      sum += first_bits(importance_[k] * weight(k), 16);
    }
    const float mean = quotient(sum, weights);
    float best = 0, scale_found = 0, minimum_found = mean;
    for (int i = 0; i < Search::count; ++i) {
      // first what is over is cut off at both ends alike
      const float over = (Layout::high - Layout::low - Search::steps(i)) / 2 + Layout::low;
      float base = low - over * (high - low) / Search::steps(i);
      float inverse = quotient(Search::steps(i), high - low);
      for (int turn = 0; turn <= Search::refinements; ++turn) {
        float v1 = 0, v2 = 0, wv = 0;
        for (int k = 0; k < n; ++k) {
          const float v = rounded((weight(k) - base) * inverse);
          v1 += importance_[k] * v;
          v2 += importance_[k] * v * v;
          wv += first_bits(importance_[k] * (weight(k) - mean), 16) * v;
        }
        const float fit = quotient(wv, v2 - quotient(v1 * v1, weights));
        base = mean - quotient(fit * v1, weights);
        inverse = quotient(1, fit);
        if (fit * wv > best) best = fit * wv, scale_found = fit, minimum_found = base;
      }
    }
    finish(scale_found, minimum_found, 0);
  }

  void finish(float s, float m, float extreme) noexcept {
    scale = stored_scale<Format>(s, extreme);
    minimum = Layout::has_minimum ? fp16_in_range(m) : std::uint16_t{0};
    const float inverse = float_from_fp16(scale) != 0 ? 1 / float_from_fp16(scale) : 0;
    for (int k = 0; k < n; ++k) {
      const float x = (weight(k) - float_from_fp16(minimum)) * inverse;
      if constexpr (Layout::has_values)
        codes[k] = nearest_code<Format>(x);
      else
        codes[k] = static_cast<int>(std::nearbyint(clamped(x, Layout::low, Layout::high))) & ((1 << Layout::bits) - 1);
    }
  }

  const float* w_;
  float importance_[n];
};

/// As CodeFn says.
template <class Format>
void code(const float* w, const float* importance, int begin, int end, std::uint8_t* group) noexcept {
  using Layout = BlockLayout<Format>;
  for (int lane = begin; lane < end; ++lane) {
    const Coding<Format> c(w + lane, importance);
    const auto put_half = [&](std::int64_t at, std::uint16_t bits) {
      group[at + 2 * lane] = static_cast<std::uint8_t>(bits);
      group[at + 2 * lane + 1] = static_cast<std::uint8_t>(bits >> 8);
    };
    put_half(0, c.scale);
    if (Layout::has_minimum) put_half(Layout::minima, c.minimum);
    for (int width = 8; width > 0; width /= 2) {
      if (!Layout::has_plane(width)) continue;
      for (int k = 0; k < Layout::group; ++k) {
        const int unit = k % Layout::units(width);
        const int part = c.codes[k] >> Layout::below(width) & ((1 << width) - 1);
        group[Layout::plane(width) + (unit / 4 * panel_rows + lane) * 4 + unit % 4] |=
            static_cast<std::uint8_t>(part << width * (k / Layout::units(width)));
      }
    }
  }
}

}  // namespace reference
}  // namespace ttt::kernels
