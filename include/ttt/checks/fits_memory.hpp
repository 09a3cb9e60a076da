// Weights, caches and activations fit a chip; and what to try when they do not.
#pragma once

#include <ttt/checks/remedy.hpp>
#include <ttt/plan/totals.hpp>

namespace ttt::checks {

/// Bytes a chip needs to load and to run.
[[nodiscard]] constexpr std::int64_t needed_bytes(const PlanRequest& request) { return plan_bytes(request).peak; }

[[nodiscard]] constexpr bool fits_memory(const PlanRequest& request) {
  return request.device.memory_bytes == 0 || needed_bytes(request) <= request.device.memory_bytes;
}

/// Advice::none: what helps is found by trying (checks/advise.hpp).
template <std::size_t N>
constexpr void FitsMemory(const PlanRequest& request, Findings<N>& out) {
  const std::int64_t have = request.device.memory_bytes;
  if (have == 0) return;
  const PlanBytes b = plan_bytes(request);
  if (b.peak > have) out.add({Issue::does_not_fit, {b.peak, have, b.weights, b.kv}, Advice::none, {}, whole_model});
}

/// Room for fewer positions, as long as one sequence alone can reach its context; fewer sequences; a shorter context.
constexpr void try_shorter(const PlanRequest& request, Trials& trials) {
  const Workload& w = request.workload;
  if (const int unit = request.device.kv_block; unit > 1 && count_attentions(request, KvForm::paged) > 0) {
    const std::int64_t one = (w.context + unit - 1) / unit;
    trials.add_between(Advice::UseKvTokens, one - 1, one * w.batch, unit);
  }
  for (int batch = w.batch / 2; batch >= 1; batch /= 2) trials.add(Advice::UseBatch, batch);
  int unit = 256;  // whole pages, so that no other rule refuses the advice
  while (unit > w.context / 2 && unit > 32) unit /= 2;
  trials.add_between(Advice::UseContext, 0, w.context / unit, unit);
}
constexpr void try_smaller_weights(const PlanRequest& request, Trials& trials) {
  for (const DType t : {DType::bf16, DType::int8, DType::bfloat8_b, DType::int4, DType::bfloat4_b})
    if (request.device.supports.weights.has(t)) trials.add(Advice::UseWeights, t);
}
/// Meshes of one row with more chips than there are, up to 64.
constexpr void try_more_chips(const PlanRequest& request, Advice advice, Trials& trials, bool fitting = true) {
  for (int chips = request.device.chips() + 1; chips <= 64; ++chips) trials.add(advice, chips, fitting);
}

/// What to try about memory: where weights alone are too much, a smaller format or more chips; where keys and values are, fewer
/// sequences, a shorter context or a smaller cache.
constexpr void try_to_fit_memory(const PlanRequest& request, const Diagnosis& d, Trials& trials) {
  const bool weights_are_it = d.numbers[2] > d.numbers[1] / 2;
  if (weights_are_it) try_smaller_weights(request, trials);
  try_shorter(request, trials);
  if (!weights_are_it) try_smaller_weights(request, trials);
  if (request.device.kind == DeviceKind::cpu) return;
  try_more_chips(request, Advice::UseMesh, trials);
  if (request.device.chips() > 1) trials.add(Advice::UseMesh, 1);
}

}  // namespace ttt::checks
