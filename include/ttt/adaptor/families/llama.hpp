// Llama (Touvron et al., 2023) and all that took its shape: TinyLlama, SmolLM2, Llama 3.
#pragma once

#include <ttt/adaptor/decoder.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt::families {

struct Llama {
  static constexpr std::string_view model_type = "llama";
  static constexpr std::string_view architecture = "LlamaForCausalLM";
  /// Fields this family reads beside the ones all decoders share.
  static constexpr std::string_view fields[] = {"attention_bias", "mlp_bias"};
  static constexpr DecoderDefaults defaults{};
  static constexpr NameMap names{};

  static ArchitectureSpec expression(const ConfigReader& config) {
    const DecoderNumbers n = read_decoder(config, defaults);
    AttentionSpec attention = n.attention();
    attention.qkv_bias = attention.output_bias = config.flag("attention_bias", false);
    MlpSpec mlp = n.mlp();
    mlp.bias = config.flag("mlp_bias", false);
    return decoder(model_type, n, [&](int) {
      return TransformerLayerSpec{.hidden = n.hidden, .attention = attention, .mlp = mlp, .norm = n.norm()};
    });
  }
};

}  // namespace ttt::families
