// ModuleSpec: one module's mathematics as a value. What the plan, the checks and the loader compute with, whether
// the model came from a type or from config.json.
#pragma once

#include <cstdint>
#include <string_view>

#include <ttt/spec/attention.hpp>
#include <ttt/spec/embedding.hpp>
#include <ttt/spec/linear.hpp>
#include <ttt/spec/mlp.hpp>
#include <ttt/spec/norm.hpp>
#include <ttt/spec/own_module.hpp>

namespace ttt {

[[nodiscard]] constexpr std::string_view name_of(ModuleKind kind) noexcept {
  switch (kind) {
    case ModuleKind::embedding: return "Embedding";
    case ModuleKind::linear: return "Linear";
    case ModuleKind::rms_norm: return "RmsNorm";
    case ModuleKind::layer_norm: return "LayerNorm";
    case ModuleKind::attention: return "Attention";
    case ModuleKind::mlp: return "Mlp";
    case ModuleKind::transformer_layer: return "TransformerLayer";
    case ModuleKind::own: return "Own";
  }
  return "?";
}

/// What is configured apart within one module: a transformer layer's attention and its feed-forward network, and all
/// else (embedding, head, norms, a module on its own).
enum class PartName : std::uint8_t { whole, attention, mlp };
/// As it stands in paths, behind the module's own.
[[nodiscard]] constexpr std::string_view suffix_of(PartName part) noexcept {
  constexpr std::string_view suffixes[] = {"", ".attention", ".mlp"};
  return suffixes[static_cast<int>(part)];
}

/// `kind` says which members count; a transformer layer uses `norm` (both of its norms), `attention` and `mlp`.
/// A plain product of parts rather than a variant: structural, so it can be a template argument and be compared.
struct ModuleSpec {
  ModuleKind kind = ModuleKind::embedding;
  EmbeddingSpec embedding{};
  LinearSpec linear{};
  NormSpec norm{};
  AttentionSpec attention{};
  MlpSpec mlp{};
  OwnModuleSpec own{};

  constexpr ModuleSpec() = default;
  constexpr ModuleSpec(EmbeddingSpec s) : kind(ModuleKind::embedding), embedding(s) {}   // NOLINT: implicit
  constexpr ModuleSpec(LinearSpec s) : kind(ModuleKind::linear), linear(s) {}            // NOLINT: implicit
  constexpr ModuleSpec(NormSpec s)                                                       // NOLINT: implicit
      : kind(s.layer ? ModuleKind::layer_norm : ModuleKind::rms_norm), norm(s) {}
  constexpr ModuleSpec(AttentionSpec s) : kind(ModuleKind::attention), attention(s) {}   // NOLINT: implicit
  constexpr ModuleSpec(MlpSpec s) : kind(ModuleKind::mlp), mlp(s) {}                     // NOLINT: implicit
  constexpr ModuleSpec(OwnModuleSpec s) : kind(ModuleKind::own), own(s) {}               // NOLINT: implicit

  /// Width of the rows it takes; 1 for token ids.
  [[nodiscard]] constexpr int in() const {
    switch (kind) {
      case ModuleKind::embedding: return 1;
      case ModuleKind::linear: return linear.in;
      case ModuleKind::rms_norm:
      case ModuleKind::layer_norm:
      case ModuleKind::transformer_layer: return norm.width;
      case ModuleKind::attention: return attention.hidden;
      case ModuleKind::mlp: return mlp.hidden;
      case ModuleKind::own: return own.in;
    }
    return 0;
  }
  /// Width of the rows it gives.
  [[nodiscard]] constexpr int out() const {
    switch (kind) {
      case ModuleKind::embedding: return embedding.hidden;
      case ModuleKind::linear: return linear.out;
      case ModuleKind::own: return own.out;
      default: return in();
    }
  }
  [[nodiscard]] constexpr bool has_attention() const {
    return kind == ModuleKind::attention || kind == ModuleKind::transformer_layer;
  }
  [[nodiscard]] constexpr bool has_mlp() const {
    return kind == ModuleKind::mlp || kind == ModuleKind::transformer_layer;
  }
  constexpr bool operator==(const ModuleSpec&) const = default;
};

/// A transformer layer: x += attention(norm(x)); x += mlp(norm(x)), or with `norm.post` x = norm(x + attention(x));
/// x = norm(x + mlp(x)). A convenience that converts to a ModuleSpec; `hidden` is given once.
struct TransformerLayerSpec {
  int hidden = 0;
  AttentionSpec attention{};
  MlpSpec mlp{};
  NormSpec norm{};

  constexpr operator ModuleSpec() const {  // NOLINT: implicit by design
    ModuleSpec m;
    m.kind = ModuleKind::transformer_layer;
    m.norm = norm;
    m.norm.width = hidden;
    m.attention = attention;
    m.attention.hidden = hidden;
    m.mlp = mlp;
    m.mlp.hidden = hidden;
    return m;
  }
};

}  // namespace ttt
