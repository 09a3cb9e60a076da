// Qwen3 (Yang et al., 2025): RmsNorm over each head of q and k before the rotary embedding; no biases by
// default.
#pragma once

#include <ttt/adaptor/decoder.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt::families {

struct Qwen3 {
  static constexpr std::string_view model_type = "qwen3";
  static constexpr std::string_view architecture = "Qwen3ForCausalLM";
  static constexpr std::string_view fields[] = {"attention_bias", "use_sliding_window", "sliding_window",
                                                "max_window_layers", "layer_types"};
  static constexpr DecoderDefaults defaults{
      .vocab = 151936, .intermediate = 22016, .kv_heads = 32, .head_dim = 128, .max_position = 32768};
  static constexpr NameMap names{};

  static ArchitectureSpec expression(const ConfigReader& config) {
    const DecoderNumbers n = read_decoder(config, defaults);
    const std::vector<int> windows = read_layer_windows(config, n, 4096, 28);
    AttentionSpec attention = n.attention();
    attention.qkv_bias = attention.output_bias = config.flag("attention_bias", false);
    attention.qk_norm = true;
    attention.qk_norm_eps = n.eps;
    return decoder(model_type, n, [&](int i) {
      attention.sliding_window = windows[static_cast<std::size_t>(i)];
      return TransformerLayerSpec{
          .hidden = n.hidden, .attention = attention, .mlp = n.mlp(), .norm = n.norm()};
    });
  }
};

}  // namespace ttt::families
