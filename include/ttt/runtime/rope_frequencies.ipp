#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/rope_frequencies.hpp>

namespace ttt {

namespace rope_frequencies {

/// theta^(2 i / dim), rounded where float32 tensors would be.
inline float position_frequency(double theta, int i, int dim) {
  const float exponent = static_cast<float>(2 * i) / static_cast<float>(dim);
  return static_cast<float>(
      std::pow(static_cast<double>(static_cast<float>(theta)), static_cast<double>(exponent)));
}

/// theta of NTK-aware scaling (u/bloc97, u/emozilla): grows with the sequence once it is beyond `original`.
inline double stretched_theta(const RopeSpec& rope, int dim, int original, int sequence_length) {
  const double length = std::max(sequence_length, original);
  const double stretch = rope.factor.v * length / original - (rope.factor.v - 1);
  return rope.theta.v * std::pow(stretch, static_cast<double>(dim) / (dim - 2));
}

/// Llama 3.1: long wavelengths are interpolated, short ones kept, those between blended.
inline float llama3(const RopeSpec& rope, int original, float frequency) {
  const auto low = static_cast<float>(rope.low_freq_factor.v);
  const auto high = static_cast<float>(rope.high_freq_factor.v);
  const auto factor = static_cast<float>(rope.factor.v);
  const float wavelength = static_cast<float>(2 * std::numbers::pi) / frequency;
  if (wavelength > static_cast<float>(original / rope.low_freq_factor.v)) return frequency / factor;
  if (wavelength < static_cast<float>(original / rope.high_freq_factor.v)) return frequency;
  const float smooth = (static_cast<float>(original) / wavelength - low) / (high - low);
  return (1 - smooth) * frequency / factor + smooth * frequency;
}

/// YaRN (Peng et al., 2023): the dimension that turns `rotations` times over the original context.
inline double yarn_dimension(double rotations, int dim, double theta, int original) {
  return dim * std::log(original / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
}

inline double yarn_mscale(double factor, double mscale) {
  return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

inline double yarn_attention_factor(const RopeSpec& rope) {
  if (rope.attention_factor.v != 0) return rope.attention_factor.v;
  if (rope.mscale.v != 0 && rope.mscale_all_dim.v != 0) {
    return yarn_mscale(rope.factor.v, rope.mscale.v) / yarn_mscale(rope.factor.v, rope.mscale_all_dim.v);
  }
  return yarn_mscale(rope.factor.v, 1);
}

/// Where the ramp between kept and interpolated frequencies begins and ends, in pairs.
struct YarnRamp {
  float low, width;

  YarnRamp(const RopeSpec& rope, int dim, int original) {
    double from = yarn_dimension(rope.beta_fast.v, dim, rope.theta.v, original);
    double to = yarn_dimension(rope.beta_slow.v, dim, rope.theta.v, original);
    if (rope.truncate) {
      from = std::floor(from);
      to = std::ceil(to);
    }
    from = std::max(from, 0.0);
    to = std::min(to, dim - 1.0);
    if (from == to) to += 0.001;  // as the source does against a division by zero
    low = static_cast<float>(from);
    width = static_cast<float>(to - from);
  }
  [[nodiscard]] float operator()(float position_frequency, int i, float factor) const {
    const float kept = 1 - std::clamp((static_cast<float>(i) - low) / width, 0.0F, 1.0F);
    return 1 / (factor * position_frequency) * (1 - kept) + 1 / position_frequency * kept;
  }
};

}  // namespace rope_frequencies

TTT_INLINE void rope_inverse_frequencies(const RopeSpec& rope, int head_dim, int max_position,
                                         int sequence_length, float* inv_freq, float& attention_factor) {
  namespace rf = rope_frequencies;
  attention_factor = 1;
  const int dim = rope.rotary_dim(head_dim);
  if (dim < 2) return;
  const int original = rope.original_max_position > 0 ? rope.original_max_position : max_position;
  const auto factor = static_cast<float>(rope.factor.v);
  const double theta = rope.type == RopeType::dynamic
                           ? rf::stretched_theta(rope, dim, original, sequence_length)
                           : rope.theta.v;
  if (rope.type == RopeType::yarn) attention_factor = static_cast<float>(rf::yarn_attention_factor(rope));
  const rf::YarnRamp ramp(rope, dim, original);
  for (int i = 0; i < dim / 2; ++i) {
    const float frequency = rf::position_frequency(theta, i, dim);
    switch (rope.type) {
      case RopeType::linear:
        inv_freq[i] = 1 / frequency / factor;
        break;
      case RopeType::llama3:
        inv_freq[i] = rf::llama3(rope, original, 1 / frequency);
        break;
      case RopeType::yarn:
        inv_freq[i] = ramp(frequency, i, factor);
        break;
      case RopeType::none:
      case RopeType::standard:
      case RopeType::dynamic:
        inv_freq[i] = 1 / frequency;
        break;
    }
  }
}

}  // namespace ttt
