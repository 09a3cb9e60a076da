// RmsNorm (Zhang and Sennrich, 2019) and LayerNorm (Ba et al., 2016).
#pragma once

#include <ttt/spec/option.hpp>
#include <ttt/spec/real.hpp>

namespace ttt {

/// rms: y = x / sqrt(mean(x^2) + eps) * w.  layer: y = (x - mean) / sqrt(var + eps) * w + b.
struct NormSpec {
  int width = 0;
  Real eps = 1e-5;
  bool layer = false;  ///< LayerNorm
  bool bias = false;   ///< LayerNorm only
  bool post = false;   ///< of a transformer layer: x = norm(x + f(x)) instead of x = x + f(norm(x))
  constexpr bool operator==(const NormSpec&) const = default;
};

namespace types {

template <Real Value>
struct Eps {
  static constexpr void apply(auto& s)
    requires requires { s.eps; }
  {
    s.eps = Value;
  }
};
struct NoBias {
  static constexpr void apply(NormSpec& s) { s.bias = false; }
};

template <int Width, class... Options>
struct RmsNorm : Module<Options...> {
  static constexpr ModuleKind kind = ModuleKind::rms_norm;
  static constexpr NormSpec numbers = with_options<NormSpec, Options...>({.width = Width});
  static_assert(!numbers.bias && !numbers.layer, "RmsNorm has a weight and no bias: LayerNorm has both");
  static_assert(!numbers.post, "PostNorm is an option of a TransformerLayer");
};
template <int Width, class... Options>
struct LayerNorm : Module<Options...> {
  static constexpr ModuleKind kind = ModuleKind::layer_norm;
  static constexpr NormSpec numbers =
      with_options<NormSpec, Options...>({.width = Width, .layer = true, .bias = true});
  static_assert(!numbers.post, "PostNorm is an option of a TransformerLayer");
};

}  // namespace types

/// `RmsNorm<Width, Eps<1e-6>>`; eps is 1e-5 unless said.
template <int Width, auto... Options>
inline constexpr types::RmsNorm<Width, type_of<Options>...> RmsNorm{};
/// `LayerNorm<Width, Eps<1e-5>, NoBias>`.
template <int Width, auto... Options>
inline constexpr types::LayerNorm<Width, type_of<Options>...> LayerNorm{};
template <Real Value>
inline constexpr types::Eps<Value> Eps{};
inline constexpr types::NoBias NoBias{};

}  // namespace ttt
