#pragma once

#include <algorithm>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/config_writer.hpp>
#include <ttt/adaptor/families.hpp>
#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/io/json_writer.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

namespace writing {

inline void rope(json::Writer& out, const RopeSpec& r) {
  out.member("rope_theta", r.theta.v);
  if (r.partial.v != 1) out.member("partial_rotary_factor", r.partial.v);
  out.key("rope_scaling");
  if (r.type == RopeType::standard) {
    out.null();
    return;
  }
  out.begin_object().member("rope_type", name_of(r.type)).member("factor", r.factor.v);
  if (r.type == RopeType::llama3)
    out.member("low_freq_factor", r.low_freq_factor.v).member("high_freq_factor", r.high_freq_factor.v);
  if (r.type == RopeType::llama3 || r.type == RopeType::yarn)
    out.member("original_max_position_embeddings", r.original_max_position);
  if (r.type == RopeType::yarn) {
    out.member("beta_fast", r.beta_fast.v).member("beta_slow", r.beta_slow.v);
    if (r.attention_factor.v != 0) out.member("attention_factor", r.attention_factor.v);
    if (r.mscale.v != 0) out.member("mscale", r.mscale.v);
    if (r.mscale_all_dim.v != 0) out.member("mscale_all_dim", r.mscale_all_dim.v);
    if (!r.truncate) out.member("truncate", false);
  }
  out.end_object();
}

/// The fields that only some families read.
inline void own_fields(json::Writer& out, const Family& family, const AttentionSpec& a, const MlpSpec& m,
                       const std::vector<int>& windows) {
  const auto reads = [&](std::string_view field) {
    return std::find(family.fields.begin(), family.fields.end(), field) != family.fields.end();
  };
  const int window = windows.empty() ? 0 : *std::max_element(windows.begin(), windows.end());
  if (reads("attention_bias")) out.member("attention_bias", a.output_bias);
  if (reads("mlp_bias")) out.member("mlp_bias", m.bias);
  if (reads("use_sliding_window")) out.member("use_sliding_window", window > 0);
  if (reads("sliding_window")) {
    out.key("sliding_window");
    window > 0 ? out.value(window) : out.null();
  }
  if (reads("layer_types") && window > 0) {
    out.key("layer_types").begin_array();
    for (const int w : windows) out.value(w > 0 ? "sliding_attention" : "full_attention");
    out.end_array();
  }
}

inline void ids(json::Writer& out, const ConfigExtras& extras) {
  const auto one = [&](std::string_view field, const std::optional<int>& id) {
    out.key(field);
    id ? out.value(*id) : out.null();
  };
  one("bos_token_id", extras.bos);
  if (extras.eos.size() > 1) {
    out.key("eos_token_id").begin_array();
    for (const int id : extras.eos) out.value(id);
    out.end_array();
  } else {
    one("eos_token_id", extras.eos.empty() ? std::nullopt : std::optional<int>(extras.eos.front()));
  }
  one("pad_token_id", extras.pad);
}

inline void dtype(json::Writer& out, DType t) {
  if (t == DType::bf16 || t == DType::fp16 || t == DType::fp32)
    out.member("torch_dtype", t == DType::bf16 ? "bfloat16" : t == DType::fp16 ? "float16" : "float32");
}

/// BERT's. Without a pooler it is that of the class of transformers that has none.
inline std::string encoder_config_text(const ArchitectureSpec& spec, const Family& family, const ConfigExtras& extras) {
  EmbeddingSpec embedding;
  AttentionSpec attention;
  MlpSpec mlp;
  NormSpec norm;
  std::size_t layers = 0;
  bool pools = false;
  for (const LayerSpec& l : spec.layers) {
    if (l.module.kind == ModuleKind::embedding) embedding = l.module.embedding;
    if (l.module.kind == ModuleKind::linear) pools = l.module.linear.pools;
    if (l.module.kind != ModuleKind::transformer_layer) continue;
    attention = l.module.attention, mlp = l.module.mlp, norm = l.module.norm;
    ++layers;
  }
  json::Writer out;
  out.begin_object().key("architectures").begin_array().value(pools ? family.architecture : "BertForMaskedLM").end_array();
  out.member("model_type", family.model_type)
      .member("vocab_size", spec.vocab_size)
      .member("hidden_size", norm.width)
      .member("intermediate_size", mlp.intermediate)
      .member("num_hidden_layers", layers)
      .member("num_attention_heads", attention.heads)
      .member("hidden_act", name_of(mlp.activation))
      .member("max_position_embeddings", spec.max_sequence_length)
      .member("type_vocab_size", embedding.token_types)
      .member("layer_norm_eps", norm.eps.v)
      .member("position_embedding_type", "absolute");
  if (extras.pad) out.member("pad_token_id", *extras.pad);
  dtype(out, extras.dtype);
  return std::move(out.end_object()).text();
}

inline std::string config_text(const ArchitectureSpec& spec, const Family& family,
                               const ConfigExtras& extras) {
  if (family.model_type == "bert") return encoder_config_text(spec, family, extras);
  AttentionSpec attention;
  MlpSpec mlp;
  NormSpec norm;
  bool tied = false;
  std::vector<int> windows;
  for (const LayerSpec& l : spec.layers) {
    if (l.module.kind == ModuleKind::linear) tied = !l.module.linear.tied_to.empty();
    if (l.module.kind != ModuleKind::transformer_layer) continue;
    attention = l.module.attention, mlp = l.module.mlp, norm = l.module.norm;
    windows.push_back(attention.sliding_window);
  }
  json::Writer out;
  out.begin_object().key("architectures").begin_array().value(family.architecture).end_array();
  out.member("model_type", family.model_type)
      .member("vocab_size", spec.vocab_size)
      .member("hidden_size", norm.width)
      .member("intermediate_size", mlp.intermediate)
      .member("num_hidden_layers", windows.size())
      .member("num_attention_heads", attention.heads)
      .member("num_key_value_heads", attention.kv_heads)
      .member("head_dim", attention.head_dim)
      .member("hidden_act", name_of(mlp.activation))
      .member("max_position_embeddings", spec.max_sequence_length)
      .member("rms_norm_eps", norm.eps.v)
      .member("tie_word_embeddings", tied);
  rope(out, attention.rope);
  own_fields(out, family, attention, mlp, windows);
  if (family.model_type == "gpt2")
    out.member("n_inner", mlp.intermediate)
        .member("activation_function", name_of(mlp.activation))
        .member("layer_norm_epsilon", norm.eps.v);
  ids(out, extras);
  dtype(out, extras.dtype);
  return std::move(out.member("use_cache", true).end_object()).text();
}

}  // namespace writing

TTT_INLINE Result<std::string> spec_to_config(const ArchitectureSpec& spec, const ConfigExtras& extras) {
  const Family* family = find_family(spec.model_type);
  if (family == nullptr)
    return make_error(ErrorKind::config, "model_type_unknown", "model_type",
                      "model_type \"" + spec.model_type + "\" is not supported",
                      "supported are " + family_list());
  std::string text = writing::config_text(spec, *family, extras);
  const auto refuse = [&](const std::string& why) {
    return make_error(ErrorKind::config, "spec_not_expressible", spec.model_type,
                      "a config.json of this family cannot say what the spec says: " + why,
                      "use the family that has it, or keep the spec in C++");
  };
  const auto document = json::Document::parse(text, "config.json");
  if (!document) return document.error();
  const auto back = spec_from_config(document->root(), "config.json");
  if (!back) return refuse(back.error().issue);
  const SpecDifference d = difference(OwnedModel(spec).view(), OwnedModel(*back).view());
  if (d.fields > 0) return refuse(d.first);
  if (back->vocab_size != spec.vocab_size || back->max_sequence_length != spec.max_sequence_length ||
      first_non_sequential(spec))
    return refuse("its vocabulary, length or connections");
  return text;
}

}  // namespace ttt
