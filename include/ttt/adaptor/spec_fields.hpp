// A module's numbers by name: for JSON, for saying how two models differ.
#pragma once

#include <optional>
#include <string>

#include <ttt/spec/architecture.hpp>
#include <ttt/types/view.hpp>

namespace ttt {

/// Calls f(name, value) for every number of the module that counts for its kind; values are int, bool, double
/// or std::string_view. Names are dotted: `attention.rope.theta`.
void each_field(const ModuleSpec& module, auto&& f) {
  const auto in = [&](std::string_view place, std::string_view name, auto value) {
    f(std::string(place) + std::string(name), value);
  };
  const auto norm = [&](std::string_view place, const NormSpec& n) {
    in(place, "width", n.width);
    in(place, "eps", n.eps.v);
    in(place, "layer", n.layer);
    in(place, "bias", n.bias);
    in(place, "post", n.post);
  };
  const auto rope = [&](std::string_view place, const RopeSpec& r) {
    in(place, "type", name_of(r.type));
    in(place, "theta", r.theta.v);
    in(place, "partial", r.partial.v);
    in(place, "factor", r.factor.v);
    in(place, "low_freq_factor", r.low_freq_factor.v);
    in(place, "high_freq_factor", r.high_freq_factor.v);
    in(place, "original_max_position", r.original_max_position);
    in(place, "beta_fast", r.beta_fast.v);
    in(place, "beta_slow", r.beta_slow.v);
    in(place, "attention_factor", r.attention_factor.v);
    in(place, "mscale", r.mscale.v);
    in(place, "mscale_all_dim", r.mscale_all_dim.v);
    in(place, "truncate", r.truncate);
    in(place, "interleaved", r.interleaved);
  };
  const auto attention = [&](const std::string& place, const AttentionSpec& a) {
    in(place, "heads", a.heads);
    in(place, "kv_heads", a.kv_heads);
    in(place, "head_dim", a.head_dim);
    rope(place + "rope.", a.rope);
    in(place, "qkv_bias", a.qkv_bias);
    in(place, "output_bias", a.output_bias);
    in(place, "qk_norm", a.qk_norm);
    in(place, "qk_norm_eps", a.qk_norm_eps.v);
    in(place, "sliding_window", a.sliding_window);
    in(place, "softcap", a.softcap.v);
    in(place, "scale", a.scale.v);
    in(place, "bidirectional", a.bidirectional);
  };
  const auto mlp = [&](std::string_view place, const MlpSpec& m) {
    in(place, "intermediate", m.intermediate);
    in(place, "gated", m.gated);
    in(place, "bias", m.bias);
    in(place, "activation",
       m.activation == Activation::own ? m.own_activation.view() : name_of(m.activation));
  };
  switch (module.kind) {
    case ModuleKind::embedding:
      in("", "vocab", module.embedding.vocab);
      in("", "hidden", module.embedding.hidden);
      in("", "scale", module.embedding.scale.v);
      in("", "positions", module.embedding.positions);
      in("", "token_types", module.embedding.token_types);
      break;
    case ModuleKind::linear:
      in("", "in", module.linear.in);
      in("", "out", module.linear.out);
      in("", "bias", module.linear.bias);
      in("", "tied_to", module.linear.tied_to.view());
      in("", "softcap", module.linear.softcap.v);
      in("", "pools", module.linear.pools);
      break;
    case ModuleKind::rms_norm:
    case ModuleKind::layer_norm:
      norm("", module.norm);
      break;
    case ModuleKind::attention:
      attention("", module.attention);
      break;
    case ModuleKind::mlp:
      mlp("", module.mlp);
      break;
    case ModuleKind::transformer_layer:
      norm("norm.", module.norm);
      attention("attention.", module.attention);
      mlp("mlp.", module.mlp);
      break;
    case ModuleKind::own:
      in("", "type", module.own.type.view());
      in("", "in", module.own.in);
      in("", "out", module.own.out);
      break;
  }
}

/// Where two models differ first, in words, and in how many places of their distinct modules.
struct SpecDifference {
  int fields = 0;  ///< 0: equal modules
  std::string
      first;  ///< `layers.0.attention.rope.theta is 10000, not 500000` (the first model's, the second's)
};
[[nodiscard]] SpecDifference difference(const ModelView& model, const ModelView& other);

/// Whether two models are the same modules in the same order, however their runs are cut.
[[nodiscard]] bool same_modules(const ModelView& a, const ModelView& b);

/// The spec as one JSON object: `{"model_type", "vocab_size", "max_sequence_length", "runs": [{"count",
/// "modules":
/// [{"id", "type", ...fields that are no default}]}]}`; `connections` when there are any.
[[nodiscard]] std::string to_json(const ArchitectureSpec& spec);

/// A short table: one line per run of equal modules.
[[nodiscard]] std::string to_text(const ArchitectureSpec& spec);

}  // namespace ttt
