// Attention: multi-head, grouped-query (Ainslie et al., 2023) and multi-query (Shazeer, 2019).
#pragma once

#include <ttt/spec/linear.hpp>
#include <ttt/spec/norm.hpp>
#include <ttt/spec/option.hpp>
#include <ttt/spec/real.hpp>
#include <ttt/spec/rope.hpp>

namespace ttt {

/// softmax(rope(q) rope(k)^T * scale + mask) v, then the output projection.
/// q: [heads * head_dim], k and v: [kv_heads * head_dim]; head_dim is free of hidden / heads.
struct AttentionSpec {
  int hidden = 0;  ///< width of the layer; 0 until the layer says it
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  RopeSpec rope{};
  bool qkv_bias = false;
  bool output_bias = false;
  bool qk_norm = false;  ///< RmsNorm over head_dim of q and k, before the rotary embedding (Qwen3)
  Real qk_norm_eps = 1e-6;
  int sliding_window = 0;  ///< keys seen, the query's own included; 0 = all
  Real softcap = 0;        ///< scores = c tanh(scores / c) when positive (Gemma 2)
  Real scale = 0;          ///< 0 = head_dim^-0.5
  bool bidirectional = false;  ///< every token sees the whole sequence: no causal mask, nothing kept for later

  [[nodiscard]] constexpr int q_width() const { return heads * head_dim; }
  [[nodiscard]] constexpr int kv_width() const { return kv_heads * head_dim; }
  [[nodiscard]] constexpr int rotary_dim() const { return rope.rotary_dim(head_dim); }
  constexpr bool operator==(const AttentionSpec&) const = default;
};

namespace types {

struct QkvBias {
  static constexpr void apply(AttentionSpec& s) { s.qkv_bias = true; }
};
struct OutputBias {
  static constexpr void apply(AttentionSpec& s) { s.output_bias = true; }
};
template <Real Epsilon>
struct QkNorm {
  static constexpr void apply(AttentionSpec& s) {
    s.qk_norm = true;
    s.qk_norm_eps = Epsilon;
  }
};
template <int Keys>
struct SlidingWindow {
  static constexpr void apply(AttentionSpec& s) { s.sliding_window = Keys; }
};
template <Real Factor>
struct Scale {
  static constexpr void apply(AttentionSpec& s) { s.scale = Factor; }
};

struct Bidirectional {
  static constexpr void apply(AttentionSpec& s) { s.bidirectional = true; }
};

template <int Heads, int KvHeads, int HeadDim, class... Options>
struct Attention : Module<Options...> {
  static constexpr ModuleKind kind = ModuleKind::attention;
  static constexpr AttentionSpec numbers =
      with_options<AttentionSpec, Options...>({.heads = Heads, .kv_heads = KvHeads, .head_dim = HeadDim});
};

}  // namespace types

/// `Attention<Heads, KvHeads, HeadDim, options...>`: KvHeads = Heads is multi-head, 1 is multi-query. Options:
/// a rope (`Rope<theta>`, `RopeLlama3<theta>`, ..., `NoRope`, `PartialRotary<share>`, `RopeInterleaved`), `QkvBias`,
/// `OutputBias`, `QkNorm<eps>`, `SlidingWindow<keys>`, `SoftCap<x>`, `Scale<x>`, `Bidirectional` and `Policy<...>`.
template <int Heads, int KvHeads, int HeadDim, auto... Options>
inline constexpr types::Attention<Heads, KvHeads, HeadDim, type_of<Options>...> Attention{};
inline constexpr types::QkvBias QkvBias{};
inline constexpr types::OutputBias OutputBias{};
template <Real Epsilon = 1e-6>
inline constexpr types::QkNorm<Epsilon> QkNorm{};
template <int Keys>
inline constexpr types::SlidingWindow<Keys> SlidingWindow{};
template <Real Factor>
inline constexpr types::Scale<Factor> Scale{};
inline constexpr types::Bidirectional Bidirectional{};

}  // namespace ttt
