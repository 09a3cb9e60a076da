// The workload a plan is made for: it bounds every buffer.
#pragma once

#include <cstdint>

namespace ttt {

/// batch: sessions decoding at once. context: positions a session can hold (a load takes 0 as the model's maximum, at
/// most 4096). chunk: tokens of one step (prompt
/// chunk); 0 = the policy's. logits_rows: rows of logits a step can give; 0 = one per session.
/// kv_tokens: positions that paged keys and values have room for, all sessions together; 0 = batch * context. At least
/// `context`, so that one session alone can always reach it.
/// prompt: tokens whose cost is asked for (`expected_ms`); 0 = one decoding step. It bounds no buffer.
struct Workload {
  int batch = 1;
  int context = 2048;
  int chunk = 0;
  int logits_rows = 0;
  int prompt = 0;
  std::int64_t kv_tokens = 0;
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
template <int N>
struct Prompt {
  static constexpr void apply(Workload& w) { w.prompt = N; }
};
template <std::int64_t N>
struct KvTokens {
  static constexpr void apply(Workload& w) { w.kv_tokens = N; }
};
}  // namespace types

template <int N>
inline constexpr types::Batch<N> Batch{};
template <int N>
inline constexpr types::Context<N> Context{};
template <int N>
inline constexpr types::TokensPerStep<N> TokensPerStep{};

template <int N>
inline constexpr types::Prompt<N> Prompt{};

/// `accepts<paged, cpu, Batch<16>, Context<4096>, KvTokens<16384>>`: sixteen sequences share room for 16384 positions.
template <std::int64_t N>
inline constexpr types::KvTokens<N> KvTokens{};

/// `workload<Batch<4>, Context<4096>>`.
template <auto... Options>
[[nodiscard]] constexpr Workload workload_of() {
  Workload w;
  (Options.apply(w), ...);
  return w;
}

}  // namespace ttt
