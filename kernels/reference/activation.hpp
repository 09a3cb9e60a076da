// Activation functions as HuggingFace defines them (transformers.activations.ACT2FN).
#pragma once

#include <cmath>

#include <ttt/spec/activation.hpp>

namespace ttt::kernels::reference {

template <Activation F>
struct Act {
  float operator()(float value) const noexcept {
    const double x = value;
    double y = x;
    if constexpr (F == Activation::silu) y = x / (1 + std::exp(-x));
    if constexpr (F == Activation::gelu) y = 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    if constexpr (F == Activation::gelu_tanh)
      y = 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));  // sqrt(2 / pi)
    if constexpr (F == Activation::relu) y = x < 0 ? 0 : x;
    if constexpr (F == Activation::relu2) y = x < 0 ? 0 : x * x;
    if constexpr (F == Activation::quick_gelu) y = x / (1 + std::exp(-1.702 * x));
    return static_cast<float>(y);
  }
};

inline float soft_cap(float x, float cap) noexcept {
  return cap > 0 ? static_cast<float>(cap * std::tanh(static_cast<double>(x) / cap)) : x;
}

}  // namespace ttt::kernels::reference
