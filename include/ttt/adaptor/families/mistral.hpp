// Mistral (Jiang et al., 2023): Llama without biases, every layer with the same sliding window or none.
#pragma once

#include <ttt/adaptor/decoder.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt::families {

struct Mistral {
  static constexpr std::string_view model_type = "mistral";
  static constexpr std::string_view architecture = "MistralForCausalLM";
  static constexpr std::string_view fields[] = {"sliding_window"};
  static constexpr DecoderDefaults defaults{.intermediate = 14336, .kv_heads = 8, .max_position = 131072};
  static constexpr NameMap names{};

  static ArchitectureSpec expression(const ConfigReader& config) {
    const DecoderNumbers n = read_decoder(config, defaults);
    AttentionSpec attention = n.attention();
    // Without the field the class default holds; null says that there is no window.
    const auto window = config.integer_or_null("sliding_window", 1, ConfigLimits::positions);
    attention.sliding_window = config["sliding_window"].exists() ? window.value_or(0) : 4096;
    return decoder(model_type, n, [&](int) {
      return TransformerLayerSpec{
          .hidden = n.hidden, .attention = attention, .mlp = n.mlp(), .norm = n.norm()};
    });
  }
};

}  // namespace ttt::families
