// Embedding: token ids to vectors.
#pragma once

#include <ttt/spec/option.hpp>
#include <ttt/spec/real.hpp>

namespace ttt {

/// [vocab, hidden] table; y = table[id] * scale. With `positions` > 0 a second table, [positions, hidden], is added by
/// the token's position (GPT-2); with `token_types` > 0 a third, [token_types, hidden], by the token's type (BERT's
/// segments). A model with learned positions holds no sequence longer than `positions`.
struct EmbeddingSpec {
  int vocab = 0;
  int hidden = 0;
  Real scale = 1;
  int positions = 0;
  int token_types = 0;
  constexpr bool operator==(const EmbeddingSpec&) const = default;
};

namespace types {

template <Real Factor>
struct EmbeddingScale {
  static constexpr void apply(EmbeddingSpec& s) { s.scale = Factor; }
};
template <int Count>
struct LearnedPositions {
  static constexpr void apply(EmbeddingSpec& s) { s.positions = Count; }
};
template <int Count>
struct TokenTypes {
  static constexpr void apply(EmbeddingSpec& s) { s.token_types = Count; }
};

template <int Vocab, int Hidden, class... Options>
struct Embedding : Module<Options...> {
  static constexpr ModuleKind kind = ModuleKind::embedding;
  static constexpr EmbeddingSpec numbers = with_options<EmbeddingSpec, Options...>({Vocab, Hidden});
};

}  // namespace types

/// `Embedding<Vocab, Hidden, options...>`: options are `EmbeddingScale<x>`, `LearnedPositions<count>`,
/// `TokenTypes<count>` and `Policy<...>`.
template <int Vocab, int Hidden, auto... Options>
inline constexpr types::Embedding<Vocab, Hidden, type_of<Options>...> Embedding{};
template <Real Factor>
inline constexpr types::EmbeddingScale<Factor> EmbeddingScale{};
template <int Count>
inline constexpr types::LearnedPositions<Count> LearnedPositions{};
template <int Count>
inline constexpr types::TokenTypes<Count> TokenTypes{};

}  // namespace ttt
