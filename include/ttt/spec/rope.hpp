// Rotary position embeddings (Su et al., 2021) and the ways their frequencies are stretched.
#pragma once

#include <cstdint>
#include <string_view>

#include <ttt/spec/real.hpp>

namespace ttt {

/// HuggingFace's `rope_type`. `none` = no positions in attention (NoPE).
enum class RopeType : std::uint8_t { none, standard, linear, dynamic, llama3, yarn };

[[nodiscard]] constexpr std::string_view name_of(RopeType t) noexcept {
  switch (t) {
    case RopeType::none: return "none";
    case RopeType::standard: return "default";
    case RopeType::linear: return "linear";
    case RopeType::dynamic: return "dynamic";
    case RopeType::llama3: return "llama3";
    case RopeType::yarn: return "yarn";
  }
  return "?";
}

/// Every number a rope type needs; those that a type does not use keep their defaults.
struct RopeSpec {
  RopeType type = RopeType::standard;
  Real theta = 10000;
  Real partial = 1;      ///< `partial_rotary_factor`: share of head_dim that turns
  Real factor = 1;       ///< linear, dynamic, llama3, yarn
  Real low_freq_factor = 1, high_freq_factor = 4;  ///< llama3
  int original_max_position = 0;                   ///< dynamic, llama3, yarn; 0 = the model's maximum
  Real beta_fast = 32, beta_slow = 1;              ///< yarn
  Real attention_factor = 0;                       ///< yarn; 0 = 0.1 ln(factor) + 1, or from mscale
  Real mscale = 0, mscale_all_dim = 0;             ///< yarn (DeepSeek)
  bool truncate = true;                            ///< yarn: whole indices for the ramp
  bool interleaved = false;                        ///< pairs (2i, 2i + 1) instead of (i, i + rotary_dim / 2)

  /// Leading numbers of a head that turn.
  [[nodiscard]] constexpr int rotary_dim(int head_dim) const {
    return type == RopeType::none ? 0 : static_cast<int>(static_cast<double>(head_dim) * partial.v);
  }
  constexpr bool operator==(const RopeSpec&) const = default;
};

namespace types {

/// AttentionSpec, which is not declared yet.
template <class T>
concept HasRope = requires(T& attention) { attention.rope; };

template <Real Theta>
struct Rope {
  static constexpr void apply(HasRope auto& attention) {
    attention.rope.type = RopeType::standard;
    attention.rope.theta = Theta;
  }
};
template <Real Theta, Real Factor>
struct RopeLinear {
  static constexpr void apply(HasRope auto& attention) {
    Rope<Theta>::apply(attention);
    attention.rope.type = RopeType::linear;
    attention.rope.factor = Factor;
  }
};
template <Real Theta, Real Factor, int OriginalMaxPosition>
struct RopeDynamic {
  static constexpr void apply(HasRope auto& attention) {
    RopeLinear<Theta, Factor>::apply(attention);
    attention.rope.type = RopeType::dynamic;
    attention.rope.original_max_position = OriginalMaxPosition;
  }
};
template <Real Theta, Real Factor, Real Low, Real High, int OriginalMaxPosition>
struct RopeLlama3 {
  static constexpr void apply(HasRope auto& attention) {
    RopeDynamic<Theta, Factor, OriginalMaxPosition>::apply(attention);
    attention.rope.type = RopeType::llama3;
    attention.rope.low_freq_factor = Low;
    attention.rope.high_freq_factor = High;
  }
};
template <Real Theta, Real Factor, int OriginalMaxPosition, Real BetaFast, Real BetaSlow, Real AttentionFactor,
          Real Mscale, Real MscaleAllDim, bool Truncate>
struct RopeYarn {
  static constexpr void apply(HasRope auto& attention) {
    RopeDynamic<Theta, Factor, OriginalMaxPosition>::apply(attention);
    attention.rope.type = RopeType::yarn;
    attention.rope.beta_fast = BetaFast;
    attention.rope.beta_slow = BetaSlow;
    attention.rope.attention_factor = AttentionFactor;
    attention.rope.mscale = Mscale;
    attention.rope.mscale_all_dim = MscaleAllDim;
    attention.rope.truncate = Truncate;
  }
};
struct NoRope {
  static constexpr void apply(HasRope auto& attention) { attention.rope.type = RopeType::none; }
};
template <Real Share>
struct PartialRotary {
  static constexpr void apply(HasRope auto& attention) { attention.rope.partial = Share; }
};
struct RopeInterleaved {
  static constexpr void apply(HasRope auto& attention) { attention.rope.interleaved = true; }
};

}  // namespace types

/// Options of `Attention`. Without any of them: standard rotary positions with theta 10000.
template <Real Theta>
inline constexpr types::Rope<Theta> Rope{};
template <Real Theta, Real Factor>
inline constexpr types::RopeLinear<Theta, Factor> RopeLinear{};
template <Real Theta, Real Factor, int OriginalMaxPosition = 0>
inline constexpr types::RopeDynamic<Theta, Factor, OriginalMaxPosition> RopeDynamic{};
/// Defaults are Llama 3.2's (factor 32); Llama 3.1 has factor 8.
template <Real Theta, Real Factor = 32, Real Low = 1, Real High = 4, int OriginalMaxPosition = 8192>
inline constexpr types::RopeLlama3<Theta, Factor, Low, High, OriginalMaxPosition> RopeLlama3{};
template <Real Theta, Real Factor, int OriginalMaxPosition, Real BetaFast = 32, Real BetaSlow = 1,
          Real AttentionFactor = 0, Real Mscale = 0, Real MscaleAllDim = 0, bool Truncate = true>
inline constexpr types::RopeYarn<Theta, Factor, OriginalMaxPosition, BetaFast, BetaSlow, AttentionFactor, Mscale,
                                 MscaleAllDim, Truncate>
    RopeYarn{};
inline constexpr types::NoRope NoRope{};
template <Real Share>
inline constexpr types::PartialRotary<Share> PartialRotary{};
inline constexpr types::RopeInterleaved RopeInterleaved{};

}  // namespace ttt
