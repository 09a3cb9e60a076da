// Feed-forward networks: SwiGlu (Shazeer, 2020), any gated unit, and the plain two-matrix Mlp.
#pragma once

#include <ttt/spec/activation.hpp>
#include <ttt/spec/linear.hpp>
#include <ttt/spec/option.hpp>
#include <ttt/spec/text.hpp>

namespace ttt {

/// gated: down(act(gate x) * (up x)).  plain: down(act(up x)).
struct MlpSpec {
  int hidden = 0;  ///< width of the layer; 0 until the layer says it
  int intermediate = 0;
  bool gated = true;
  bool bias = false;
  Activation activation = Activation::silu;
  Name own_activation{};  ///< name of the user's functor when `activation` is `own`
  constexpr bool operator==(const MlpSpec&) const = default;
};

namespace types {

template <Activation Id>
struct Act {
  static constexpr Activation id = Id;
};

/// A user's activation: an empty struct with `float operator()(float) const` and, optionally, a `name`.
template <class T>
concept OwnActivation = !requires { T::id; } && requires(const T& f) { static_cast<float>(f(1.0F)); };

template <class T>
constexpr MlpSpec with_activation(MlpSpec s) {
  if constexpr (OwnActivation<T>) {
    s.activation = Activation::own;
    if constexpr (requires { T::name; }) {
      s.own_activation = Name(T::name);
    } else {
      s.own_activation = Name("own");
    }
  } else {
    s.activation = T::id;
  }
  return s;
}

template <int Intermediate, class... Options>
struct SwiGlu : Module<Options...> {
  using activation = Act<Activation::silu>;
  static constexpr ModuleKind kind = ModuleKind::mlp;
  static constexpr MlpSpec numbers = with_options<MlpSpec, Options...>({.intermediate = Intermediate});
};
template <int Intermediate, class Function, class... Options>
struct GatedMlp : Module<Options...> {
  using activation = Function;
  static constexpr ModuleKind kind = ModuleKind::mlp;
  static constexpr MlpSpec numbers =
      with_options<MlpSpec, Options...>(with_activation<Function>({.intermediate = Intermediate}));
};
template <int Intermediate, class Function, class... Options>
struct Mlp : Module<Options...> {
  using activation = Function;
  static constexpr ModuleKind kind = ModuleKind::mlp;
  static constexpr MlpSpec numbers = with_options<MlpSpec, Options...>(
      with_activation<Function>({.intermediate = Intermediate, .gated = false}));
};

}  // namespace types

/// Activations as values: `GatedMlp<8192, GeluTanh>`, `Mlp<3072, Gelu, Bias>`, or a functor of your own.
inline constexpr types::Act<Activation::silu> Silu{};
inline constexpr types::Act<Activation::gelu> Gelu{};
inline constexpr types::Act<Activation::gelu_tanh> GeluTanh{};
inline constexpr types::Act<Activation::relu> Relu{};
inline constexpr types::Act<Activation::relu2> Relu2{};
inline constexpr types::Act<Activation::quick_gelu> QuickGelu{};

/// `SwiGlu<Intermediate, options...>`; options are `Bias` and `Policy<...>`.
template <int Intermediate, auto... Options>
inline constexpr types::SwiGlu<Intermediate, type_of<Options>...> SwiGlu{};
template <int Intermediate, auto Function, auto... Options>
inline constexpr types::GatedMlp<Intermediate, type_of<Function>, type_of<Options>...> GatedMlp{};
template <int Intermediate, auto Function, auto... Options>
inline constexpr types::Mlp<Intermediate, type_of<Function>, type_of<Options>...> Mlp{};

}  // namespace ttt
