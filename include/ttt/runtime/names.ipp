#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/runtime/names.hpp>
#include <ttt/types/path.hpp>

namespace ttt {

namespace naming {

/// Adds one module's tensors; `path` and `name` are the module's own, without a dot at the end.
struct Collector {
  std::vector<TensorSpec>& out;
  const NameMap& names;
  int module;

  void add(TensorRole role, const std::string& path, const std::string& name, int rows, int columns) {
    out.push_back({path, name, rows, columns, role, module});
  }
  void matrix(TensorRole role, TensorRole bias_role, const std::string& path, const std::string& name, int rows,
              int columns, bool bias) {
    add(role, path + ".weight", name + ".weight", rows, columns);
    if (bias) add(bias_role, path + ".bias", name + ".bias", 1, rows);
  }
  void norm(TensorRole role, TensorRole bias_role, const std::string& path, const std::string& name,
            const NormSpec& n) {
    add(role, path + ".weight", name + ".weight", 1, n.width);
    if (n.layer && n.bias) add(bias_role, path + ".bias", name + ".bias", 1, n.width);
  }
  /// `in` and `at` end in a dot, or are empty.
  void attention(const AttentionSpec& a, int hidden, const std::string& in, const std::string& at) {
    using enum TensorRole;
    const auto named = [&](std::string_view part) { return at + std::string(part); };
    matrix(q, q_bias, in + "q", named(names.q), a.q_width(), hidden, a.qkv_bias);
    matrix(k, k_bias, in + "k", named(names.k), a.kv_width(), hidden, a.qkv_bias);
    matrix(v, v_bias, in + "v", named(names.v), a.kv_width(), hidden, a.qkv_bias);
    if (a.qk_norm) {
      add(q_norm, in + "q_norm.weight", named(names.q_norm) + ".weight", 1, a.head_dim);
      add(k_norm, in + "k_norm.weight", named(names.k_norm) + ".weight", 1, a.head_dim);
    }
    matrix(o, o_bias, in + "o", named(names.o), hidden, a.q_width(), a.output_bias);
  }
  void mlp(const MlpSpec& m, int hidden, const std::string& in, const std::string& at) {
    using enum TensorRole;
    const auto named = [&](std::string_view part) { return at + std::string(part); };
    if (m.gated) matrix(gate, gate_bias, in + "gate", named(names.gate), m.intermediate, hidden, m.bias);
    matrix(up, up_bias, in + "up", named(names.up), m.intermediate, hidden, m.bias);
    matrix(down, down_bias, in + "down", named(names.down), hidden, m.intermediate, m.bias);
  }
};

/// What follows `stem` in a path: "_2" in "norm_2", "" in "norm".
inline std::string behind(const std::string& path, std::string_view stem) {
  return path.size() > stem.size() ? path.substr(stem.size()) : std::string();
}

}  // namespace naming

TTT_INLINE std::string embedding_name(const NameMap& names, bool with_prefix) {
  return std::string(with_prefix ? names.prefix : std::string_view()) + std::string(names.embedding) + ".weight";
}

TTT_INLINE std::vector<TensorSpec> tensors_of(const ModelView& model, const NameMap& names, bool with_prefix) {
  std::vector<TensorSpec> out;
  const std::string prefix(with_prefix ? names.prefix : std::string_view());
  int width = 0;  // of the rows that reach a module; a module alone may not say its own
  model.each([&](const ModuleSpec& m, int index, std::size_t, std::size_t) {
    using enum TensorRole;
    naming::Collector to{out, names, index};
    const std::string path = path_of(model, index);
    const bool layer = path.starts_with("layers.");
    // Inside the layers every name stands behind "layers.N."; a lone module's name takes its path's number.
    const std::string at =
        layer ? prefix + std::string(names.layer) + path.substr(std::string_view("layers.").size()) + "." : prefix;
    const int hidden = m.in() > 0 ? m.in() : width;
    switch (m.kind) {
      case ModuleKind::embedding:
        to.add(embedding, path + ".weight", at + std::string(names.embedding) + naming::behind(path, "embedding") + ".weight",
               m.embedding.vocab, m.embedding.hidden);
        if (m.embedding.token_types > 0)
          to.add(token_types, path + ".token_types.weight", at + std::string(names.token_types) + ".weight",
                 m.embedding.token_types, m.embedding.hidden);
        if (m.embedding.positions > 0)
          to.add(positions, path + ".positions.weight", at + std::string(names.positions) + ".weight",
                 m.embedding.positions, m.embedding.hidden);
        break;
      case ModuleKind::linear: {
        if (!m.linear.tied_to.empty() && !m.linear.bias) break;
        const std::string name =
            m.linear.pools ? at + std::string(names.pooler)
                           : (layer ? at : std::string()) + std::string(names.head) + (layer ? "" : naming::behind(path, "head"));
        if (m.linear.tied_to.empty()) to.add(head, path + ".weight", name + ".weight", m.linear.out, m.linear.in);
        if (m.linear.bias) to.add(head_bias, path + ".bias", name + ".bias", 1, m.linear.out);
        break;
      }
      case ModuleKind::rms_norm:
      case ModuleKind::layer_norm:
        to.norm(norm, norm_bias, path, at + std::string(names.norm) + (layer ? "" : naming::behind(path, "norm")),
                m.norm);
        break;
      case ModuleKind::attention: to.attention(m.attention, hidden, path + ".", at); break;
      case ModuleKind::mlp: to.mlp(m.mlp, hidden, path + ".", at); break;
      case ModuleKind::transformer_layer:
        to.norm(attn_norm, attn_norm_bias, path + ".attn_norm", at + std::string(names.attn_norm), m.norm);
        to.attention(m.attention, hidden, path + ".attention.", at);
        to.norm(mlp_norm, mlp_norm_bias, path + ".mlp_norm", at + std::string(names.mlp_norm), m.norm);
        to.mlp(m.mlp, hidden, path + ".mlp.", at);
        break;
      case ModuleKind::own:
        for (int w = 0; w < m.own.weight_count; ++w) {
          const WeightShape& shape = m.own.weights[static_cast<std::size_t>(w)];
          const std::string part(shape.name.view());
          to.add(own, path + "." + part, layer ? at + part : prefix + path + "." + part, shape.rows, shape.columns);
        }
        break;
    }
    if (m.out() > 0) width = m.out();
  });
  return out;
}

TTT_INLINE bool is_ignorable(std::string_view name) {
  return name.ends_with("rotary_emb.inv_freq") || name.ends_with("rotary_emb.cos_cached") ||
         name.ends_with("rotary_emb.sin_cached") || name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") ||
         name.ends_with("embeddings.position_ids");
}

TTT_INLINE bool is_tied_copy(const ModelView& model, const NameMap& names, std::string_view name) {
  bool found = false;
  model.each([&](const ModuleSpec& m, int index, std::size_t, std::size_t) {
    if (found || m.kind != ModuleKind::linear || m.linear.tied_to.empty()) return;
    const std::string path = path_of(model, index);
    if (path.starts_with("head"))
      found = name == std::string(names.head) + naming::behind(path, "head") + ".weight";
  });
  return found;
}

}  // namespace ttt
