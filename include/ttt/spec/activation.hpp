// Activation functions by HuggingFace's names (`hidden_act`).
#pragma once

#include <cstdint>
#include <string_view>

namespace ttt {

/// `own` is a user's functor: the module's type names it, the kernels are composed with it.
enum class Activation : std::uint8_t { silu, gelu, gelu_tanh, relu, relu2, quick_gelu, own };

[[nodiscard]] constexpr std::string_view name_of(Activation a) noexcept {
  switch (a) {
    case Activation::silu: return "silu";
    case Activation::gelu: return "gelu";
    case Activation::gelu_tanh: return "gelu_pytorch_tanh";
    case Activation::relu: return "relu";
    case Activation::relu2: return "relu2";
    case Activation::quick_gelu: return "quick_gelu";
    case Activation::own: return "own";
  }
  return "?";
}

}  // namespace ttt
