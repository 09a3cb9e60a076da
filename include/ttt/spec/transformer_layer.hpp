// TransformerLayer: a block of attention and feed-forward network, pre-norm (Llama's) or post-norm (BERT's).
#pragma once

#include <ttt/spec/module.hpp>

namespace ttt::types {

/// Options that change the layer's two norms: `Eps<1e-6>`, `LayerNorms` for LayerNorm instead of RmsNorm, `PostNorm` for
/// norms behind the residual sums instead of in front of attention and network.
struct LayerNorms {
  static constexpr void apply(NormSpec& s) { s.layer = s.bias = true; }
};
struct PostNorm {
  static constexpr void apply(NormSpec& s) { s.post = true; }
};

template <int Hidden, class AttentionType, class MlpType, class... Options>
struct TransformerLayer : Module<Options...> {
  static_assert(AttentionType::kind == ModuleKind::attention && MlpType::kind == ModuleKind::mlp,
                "a TransformerLayer takes its width, an Attention<...>, then a feed-forward network such as SwiGlu<...>");
  using attention = AttentionType;
  using mlp = MlpType;
  static constexpr ModuleKind kind = ModuleKind::transformer_layer;
  static constexpr ModuleSpec numbers =
      TransformerLayerSpec{.hidden = Hidden,
                           .attention = AttentionType::numbers,
                           .mlp = MlpType::numbers,
                           .norm = with_options<NormSpec, Options...>({.width = Hidden})};
};

}  // namespace ttt::types

namespace ttt {

/// `TransformerLayer<Hidden, Attention<...>, SwiGlu<...>, options...>`; options are `Eps<x>`, `LayerNorms`,
/// `PostNorm`, `Policy<...>`.
template <int Hidden, auto AttentionValue, auto MlpValue, auto... Options>
inline constexpr types::TransformerLayer<Hidden, type_of<AttentionValue>, type_of<MlpValue>, type_of<Options>...>
    TransformerLayer{};
inline constexpr types::LayerNorms LayerNorms{};
inline constexpr types::PostNorm PostNorm{};

/// The value form of any module type.
template <ModuleType T>
[[nodiscard]] constexpr ModuleSpec module_spec() {
  if constexpr (requires { T::numbers; }) {
    return T::numbers;
  } else {
    return own_module_spec<T>();
  }
}

}  // namespace ttt
