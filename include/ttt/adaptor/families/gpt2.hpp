// GPT-2 (Radford et al., 2019): learned positions, LayerNorms and biases everywhere, a plain two-matrix network with
// GELU.
#pragma once

#include <ttt/adaptor/decoder.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt::families {

struct Gpt2 {
  static constexpr std::string_view model_type = "gpt2";
  static constexpr std::string_view architecture = "GPT2LMHeadModel";
  static constexpr std::string_view fields[] = {"n_embd",      "n_head",           "n_layer",           "n_inner",
                                                "n_positions", "layer_norm_epsilon", "activation_function"};
  static constexpr NameMap names{.prefix = "transformer.",
                                 .embedding = "wte",
                                 .positions = "wpe",
                                 .layer = "h.",
                                 .attn_norm = "ln_1",
                                 .q = "attn.c_attn.q",
                                 .k = "attn.c_attn.k",
                                 .v = "attn.c_attn.v",
                                 .o = "attn.c_proj",
                                 .mlp_norm = "ln_2",
                                 .up = "mlp.c_fc",
                                 .down = "mlp.c_proj",
                                 .norm = "ln_f",
                                 .fused_qkv = "attn.c_attn",
                                 .in_out = true};

  /// A number by GPT-2's name, or by the one that transformers reads in its place.
  static int number(const ConfigReader& config, std::string_view field, std::string_view other, int high, int fallback) {
    const int by_other = config.integer(other, 1, high, fallback);
    const int value = config.integer(field, 1, high, by_other);
    if (config[other].exists() && value != by_other)
      config.refuse("config_fields_disagree", field,
                    std::string(field) + " is " + std::to_string(value) + ", and " + std::string(other) + " " +
                        std::to_string(by_other) + " means the same",
                    "correct one of the two, or leave " + std::string(other) + " out");
    return value;
  }
  static void refuse_if(const ConfigReader& config, std::string_view field, bool refused, bool fallback) {
    if (config.flag(field, fallback) != refused) return;
    config.refuse("config_field", field,
                  std::string(field) + " is " + (refused ? "true" : "false") + ", which is not supported",
                  "use a checkpoint that leaves it as GPT-2 has it");
  }

  static ArchitectureSpec expression(const ConfigReader& config) {
    using Limit = ConfigLimits;
    DecoderNumbers n{};
    n.vocab = config.integer("vocab_size", 1, Limit::vocab, 50257);
    n.hidden = number(config, "n_embd", "hidden_size", Limit::hidden, 768);
    n.layers = number(config, "n_layer", "num_hidden_layers", Limit::layers, 12);
    n.heads = n.kv_heads = number(config, "n_head", "num_attention_heads", Limit::heads, 12);
    n.max_position = number(config, "n_positions", "max_position_embeddings", Limit::positions, 1024);
    n.intermediate = config.integer_or_null("n_inner", 1, Limit::intermediate).value_or(4 * n.hidden);
    n.eps = config.real("layer_norm_epsilon", 1e-20, 1, 1e-5);
    n.tied = config.flag("tie_word_embeddings", true);
    n.activation = config.has("activation_function") ? config.activation("activation_function") : Activation::gelu_tanh;
    n.head_dim = n.hidden / n.heads;
    n.rope.type = RopeType::none;
    if (n.hidden % n.heads != 0 || n.head_dim > Limit::head_dim)
      config.refuse("config_fields_disagree", "n_embd",
                    "n_embd " + std::to_string(n.hidden) + " is no multiple of n_head " + std::to_string(n.heads) +
                        ", or the heads are wider than " + std::to_string(Limit::head_dim),
                    "correct one of the two");
    refuse_if(config, "add_cross_attention", true, false);
    refuse_if(config, "scale_attn_by_inverse_layer_idx", true, false);
    refuse_if(config, "scale_attn_weights", false, true);

    AttentionSpec attention = n.attention();
    attention.qkv_bias = attention.output_bias = true;
    MlpSpec mlp = n.mlp();
    mlp.gated = false;
    mlp.bias = true;
    NormSpec norm = n.norm();
    norm.layer = norm.bias = true;
    ArchitectureSpec spec = decoder(model_type, n, [&](int) {
      return TransformerLayerSpec{.hidden = n.hidden, .attention = attention, .mlp = mlp, .norm = norm};
    });
    spec.layers.front().module.embedding.positions = n.max_position;
    spec.layers[spec.layers.size() - 2].module = norm;
    return spec;
  }
};

}  // namespace ttt::families
