// What a user's activation is composed into: declared here, light; `own_activation.hpp` defines it.
#pragma once

#include <concepts>
#include <type_traits>

#include <ttt/kernels/table.hpp>

namespace ttt::kernels {

/// A stateless function of one float: `float operator()(float) const`, default-constructible.
template <class F>
concept OwnActivation = std::is_empty_v<F> && std::default_initializable<F> && requires(const F f, float x) {
  { f(x) } -> std::convertible_to<float>;
};

/// The two products an activation takes part in, for every format; null where there is no kernel.
struct OwnActivationKernels {
  MatmulFn activated_fns[weight_format_count][activation_format_count];
  MatmulFn gated_fns[weight_format_count][activation_format_count];

  [[nodiscard]] constexpr MatmulFn activated(DType w, DType a) const noexcept {
    return weight_index(w) < 0 || activation_index(a) < 0
               ? nullptr
               : activated_fns[weight_index(w)][activation_index(a)];
  }
  [[nodiscard]] constexpr MatmulFn gated(DType w, DType a) const noexcept {
    return weight_index(w) < 0 || activation_index(a) < 0 ? nullptr
                                                          : gated_fns[weight_index(w)][activation_index(a)];
  }
};

/// The kernels of a user's activation at one level. A program that loads a model with an own activation and
/// links the runtime includes <ttt/kernels/own_activation.hpp>, which compiles them; header-only programs
/// have it already.
template <OwnActivation F>
[[nodiscard]] OwnActivationKernels own_activation_kernels(Isa isa) noexcept;

}  // namespace ttt::kernels
