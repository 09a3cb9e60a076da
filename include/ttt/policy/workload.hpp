// The workload a plan is made for: it bounds every buffer.
#pragma once

#include <cstdint>

namespace ttt {

/// batch: sessions decoding at once. context: positions a session can hold (a load takes 0 as the model's maximum, at
/// most 4096). chunk: tokens of one step (prompt
/// chunk); 0 = the policy's. logits_rows: rows of logits a step can give; 0 = one per session.
struct Workload {
  int batch = 1;
  int context = 2048;
  int chunk = 0;
  int logits_rows = 0;
  constexpr bool operator==(const Workload&) const = default;
};

namespace types {
template <int N>
struct Batch {
  static constexpr void apply(Workload& w) { w.batch = N; }
};
template <int N>
struct Context {
  static constexpr void apply(Workload& w) { w.context = N; }
};
template <int N>
struct TokensPerStep {
  static constexpr void apply(Workload& w) { w.chunk = N; }
};
}  // namespace types

template <int N>
inline constexpr types::Batch<N> Batch{};
template <int N>
inline constexpr types::Context<N> Context{};
template <int N>
inline constexpr types::TokensPerStep<N> TokensPerStep{};

/// `workload<Batch<4>, Context<4096>>`.
template <auto... Options>
[[nodiscard]] constexpr Workload workload_of() {
  Workload w;
  (Options.apply(w), ...);
  return w;
}

}  // namespace ttt
