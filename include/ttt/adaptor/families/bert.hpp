// BERT (Devlin et al., 2018): an encoder with learned positions and token types, post-norm layers, exact GELU. Its pooler
// is there unless `architectures` names a class of transformers that has none.
#pragma once

#include <ttt/adaptor/decoder.hpp>
#include <ttt/runtime/names.hpp>

namespace ttt::families {

struct Bert {
  static constexpr std::string_view model_type = "bert";
  static constexpr std::string_view architecture = "BertModel";
  static constexpr std::string_view without_pooler[] = {"BertForMaskedLM", "BertLMHeadModel", "BertForTokenClassification",
                                                        "BertForQuestionAnswering"};
  static constexpr std::string_view fields[] = {"type_vocab_size", "layer_norm_eps", "position_embedding_type"};
  static constexpr NameMap names{.prefix = "bert.",
                                 .embedding = "embeddings.word_embeddings",
                                 .positions = "embeddings.position_embeddings",
                                 .token_types = "embeddings.token_type_embeddings",
                                 .layer = "encoder.layer.",
                                 .attn_norm = "attention.output.LayerNorm",
                                 .q = "attention.self.query",
                                 .k = "attention.self.key",
                                 .v = "attention.self.value",
                                 .o = "attention.output.dense",
                                 .mlp_norm = "output.LayerNorm",
                                 .up = "intermediate.dense",
                                 .down = "output.dense",
                                 .norm = "embeddings.LayerNorm",
                                 .training = "cls."};
  static constexpr int types_limit = 1 << 16;

  static bool has_pooler(const ConfigReader& config) {
    for (const auto& [key, value] : config["architectures"])
      for (const std::string_view without : without_pooler)
        if (value.as_string() == without) return false;
    return true;
  }
  static void refuse_if(const ConfigReader& config, bool refused, std::string_view field) {
    if (refused)
      config.refuse("config_field", field, std::string(field) + " is " + shown(config[field]) + ", which is not supported",
                    "use a checkpoint that leaves it as BERT has it");
  }

  static ArchitectureSpec expression(const ConfigReader& config) {
    using Limit = ConfigLimits;
    const int vocab = config.integer("vocab_size", 1, Limit::vocab, 30522);
    const int hidden = config.integer("hidden_size", 1, Limit::hidden, 768);
    const int layers = config.integer("num_hidden_layers", 1, Limit::layers, 12);
    const int heads = config.integer("num_attention_heads", 1, Limit::heads, 12);
    const int positions = config.integer("max_position_embeddings", 1, Limit::positions, 512);
    const int types = config.integer("type_vocab_size", 1, types_limit, 2);
    const int head_dim = hidden / heads;
    if (hidden % heads != 0 || head_dim > Limit::head_dim)
      config.refuse("config_fields_disagree", "hidden_size",
                    "hidden_size " + std::to_string(hidden) + " is no multiple of num_attention_heads " +
                        std::to_string(heads) + ", or the heads are wider than " + std::to_string(Limit::head_dim),
                    "correct one of the two");
    refuse_if(config, config.text("position_embedding_type").value_or("absolute") != "absolute", "position_embedding_type");
    for (const std::string_view field : {"is_decoder", "add_cross_attention"})
      refuse_if(config, config.flag(field, false), field);

    const NormSpec norm{.width = hidden, .eps = config.real("layer_norm_eps", 1e-20, 1, 1e-12), .layer = true, .bias = true};
    NormSpec behind = norm;
    behind.post = true;
    AttentionSpec attention{.heads = heads, .kv_heads = heads, .head_dim = head_dim, .qkv_bias = true, .output_bias = true};
    attention.rope.type = RopeType::none;
    attention.bidirectional = true;
    const MlpSpec mlp{.intermediate = config.integer("intermediate_size", 1, Limit::intermediate, 3072),
                      .gated = false,
                      .bias = true,
                      .activation = config.has("hidden_act") ? config.activation("hidden_act") : Activation::gelu};

    ArchitectureSpec spec;
    spec.model_type = model_type;
    spec.vocab_size = vocab;
    spec.max_sequence_length = positions;
    spec.layers.push_back(
        {"embedding", EmbeddingSpec{.vocab = vocab, .hidden = hidden, .positions = positions, .token_types = types}});
    spec.layers.push_back({"norm", norm});
    for (int i = 0; i < layers; ++i)
      spec.layers.push_back({"layers." + std::to_string(i),
                             TransformerLayerSpec{.hidden = hidden, .attention = attention, .mlp = mlp, .norm = behind}});
    if (has_pooler(config))
      spec.layers.push_back(
          {"pooler", LinearSpec{.in = hidden, .out = hidden, .bias = true, .softcap = 1, .pools = true}});
    return spec;
  }
};

}  // namespace ttt::families
