// The plan of a model type as constexpr values: usable in a program's own static_asserts.
#pragma once

#include <array>

#include <ttt/plan/expected.hpp>
#include <ttt/plan/totals.hpp>
#include <ttt/policy/devices/cpu.hpp>

namespace ttt {

template <auto Model, Device D, auto... Options>
[[nodiscard]] constexpr PlanRequest plan_request() {
  return {configured_of<type_of<Model>>(), device_traits<D>, workload_of<Options...>()};
}

/// The fused ops of a model, each distinct layer once with its count in `repeat`.
///
/// `constexpr auto ops = plan_ops<llama_3_2_1b, cpu, Batch<1>, Context<4096>>;`
template <auto Model, Device D, auto... Options>
inline constexpr auto plan_ops = [] {
  constexpr std::size_t count = [] {
    std::size_t found = 0;
    emit_ops(plan_request<Model, D, Options...>(), false, [&](const PlanOp&) { ++found; });
    return found;
  }();
  std::array<PlanOp, count> planned{};
  std::size_t next = 0;
  emit_ops(plan_request<Model, D, Options...>(), false, [&](const PlanOp& op) { planned[next++] = op; });
  return planned;
}();

/// Offsets of every activation buffer.
template <auto Model, Device D, auto... Options>
inline constexpr ArenaLayout plan_arena = arena_layout(plan_request<Model, D, Options...>());

/// Bytes and FLOPs.
template <auto Model, Device D, auto... Options>
inline constexpr PlanTotals totals = plan_totals(plan_request<Model, D, Options...>());

/// Bytes of one chip: weights, caches of all sessions, activations.
template <auto Model, Device D, auto... Options>
inline constexpr std::int64_t peak_memory = totals<Model, D, Options...>.peak;

/// Work of one chip in one decoding step of the batch, half of the context behind each session; with `Prompt<N>` among
/// the options, of a prompt of N tokens.
///
/// `static_assert(expected_ms<llama_3_2_1b, ttnn::wormhole_n150, Batch<1>, Context<4096>> < 10);`
template <auto Model, Device D, auto... Options>
inline constexpr double flops = step_cost(plan_request<Model, D, Options...>()).flops;
/// Bytes read: weights, keys and values.
template <auto Model, Device D, auto... Options>
inline constexpr double bytes = step_cost(plan_request<Model, D, Options...>()).bytes;
/// Milliseconds at least, at the device's nominal rates. A running program's `ttt plan` measures its own machine.
template <auto Model, Device D, auto... Options>
inline constexpr double expected_ms = step_cost(plan_request<Model, D, Options...>()).seconds * 1e3;

}  // namespace ttt
