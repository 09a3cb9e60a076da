// The kinds of fused ops a plan is made of.
#pragma once

#include <cstdint>
#include <string_view>

namespace ttt {

/// One kind per fused kernel (design rule 4: composed from prologue, tile and epilogue).
enum class OpKind : std::uint8_t {
  embed,      ///< table rows; cos and sin of the first rotary embedding
  rotary,     ///< cos and sin of a further rotary embedding, or of the only one where no embedding starts the model
  qkv,        ///< [norm +] q, k, v products + bias + head norm + rotary + cache append
  attention,  ///< scores, softmax, values over the cache
  gated,      ///< [norm +] gate and up products + bias + act(gate) * up
  activated,  ///< [norm +] up product + bias + activation
  projection, ///< product + bias + residual (o, down)
  linear,     ///< [norm +] product + bias [+ soft-cap] (head, Linear; o and down of a module used alone)
  norm,       ///< a norm that nothing fuses
  own         ///< a user's module by its reference
};
inline constexpr std::size_t op_kind_count = 10;

/// Whether it multiplies rows with a matrix of weights.
[[nodiscard]] constexpr bool multiplies(OpKind k) noexcept {
  return k == OpKind::qkv || k == OpKind::gated || k == OpKind::activated || k == OpKind::projection || k == OpKind::linear;
}

[[nodiscard]] constexpr std::string_view name_of(OpKind k) noexcept {
  constexpr std::string_view names[] = {"embed",     "rotary",     "qkv",    "attention", "gated",
                                        "activated", "projection", "linear", "norm",      "own"};
  return names[static_cast<std::size_t>(k)];
}

}  // namespace ttt
