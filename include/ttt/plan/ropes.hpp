// The distinct rotary embeddings of a model: their cos and sin are made once a step, not once a layer.
#pragma once

#include <array>

#include <ttt/types/view.hpp>

namespace ttt {

inline constexpr int rope_limit = 4;

/// One rotary embedding in use.
struct RopeUse {
  RopeSpec spec{};
  int head_dim = 0;
  [[nodiscard]] constexpr int rotary_dim() const { return spec.rotary_dim(head_dim); }
  constexpr bool operator==(const RopeUse&) const = default;
};

/// In order of first use. `count` may pass `rope_limit` (a rule refuses that); only the first are kept.
struct Ropes {
  std::array<RopeUse, rope_limit> uses{};
  int count = 0;

  /// Index of an attention's rotary embedding, -1 when it has none.
  [[nodiscard]] constexpr int index_of(const AttentionSpec& a) const {
    for (int i = 0; i < count && i < rope_limit; ++i)
      if (uses[static_cast<std::size_t>(i)] == RopeUse{a.rope, a.head_dim}) return i;
    return -1;
  }
  /// Numbers of cos and sin for each row that precede embedding `index`; with `count`, those of all.
  [[nodiscard]] constexpr int width_before(int index) const {
    int width = 0;
    for (int i = 0; i < index && i < rope_limit; ++i) width += uses[static_cast<std::size_t>(i)].rotary_dim();
    return width;
  }
};

[[nodiscard]] constexpr Ropes ropes_of(const ModelView& model) {
  Ropes ropes;
  for (const RunSpec& run : model.runs) {
    for (const ModuleSpec& m : run.modules) {
      if (!m.has_attention() || m.attention.rotary_dim() <= 0 || ropes.index_of(m.attention) >= 0) continue;
      if (ropes.count < rope_limit)
        ropes.uses[static_cast<std::size_t>(ropes.count)] = {m.attention.rope, m.attention.head_dim};
      ++ropes.count;
    }
  }
  return ropes;
}

}  // namespace ttt
