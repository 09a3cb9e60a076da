// Weights, caches and activations fit a chip; and what to change when they do not, found by trying.
#pragma once

#include <ttt/checks/shardings_divide.hpp>
#include <ttt/plan/totals.hpp>

namespace ttt::checks {

/// Bytes a chip needs to load and to run.
[[nodiscard]] constexpr std::int64_t needed_bytes(const PlanRequest& request) { return plan_totals(request).peak; }

[[nodiscard]] constexpr bool fits_memory(const PlanRequest& request) {
  return request.device.memory_bytes == 0 || needed_bytes(request) <= request.device.memory_bytes;
}

/// One advice with its numbers.
struct Remedy {
  Advice advice = Advice::none;
  std::array<std::int64_t, 2> numbers{};
};

/// A mesh of one row on which all divides and (with `fitting`) fits: fewer chips than now first, then more (up to 64),
/// then one.
[[nodiscard]] constexpr Remedy mesh_remedy(const PlanRequest& request, bool more_first, bool fitting = true) {
  const int now = request.device.chips();
  auto works = [&](int chips) {
    PlanRequest other = request;
    other.device = on_mesh(request.device, 1, chips);
    return mesh_divides(request, 1, chips) && (!fitting || fits_memory(other));
  };
  auto found = [](int chips) { return Remedy{Advice::UseMesh, {1, chips}}; };
  if (!more_first)
    for (int chips = now - 1; chips > 1; --chips)
      if (works(chips)) return found(chips);
  for (int chips = now + 1; chips <= 64; ++chips)
    if (works(chips)) return found(chips);
  return works(1) && now > 1 ? found(1) : Remedy{};
}

/// What to do about heads, columns or rows that do not divide: a mesh on which they do, or whole copies on every chip.
/// First what fits, too; else whatever divides, and the rule on memory goes on from there.
constexpr void advise_sharding(const PlanRequest& request, Diagnosis& d) {
  const bool heads = d.issue == Issue::heads_do_not_divide || d.issue == Issue::kv_heads_do_not_divide;
  PlanRequest copies = request;
  copies.model.whole.set_sharding(Sharding::replicate);
  const bool copies_divide = mesh_divides(copies, request.device.mesh_rows, request.device.mesh_columns);
  for (const bool fitting : {true, false}) {
    const Remedy mesh = mesh_remedy(request, false, fitting);
    if (heads && mesh.numbers[1] > 1) {
      d.advice = Advice::ShardHeads;
      d.advice_numbers = {mesh.numbers[1]};
    } else if (mesh.advice != Advice::none) {
      d.advice = mesh.advice;
      d.advice_numbers = mesh.numbers;
    } else if (copies_divide && (!fitting || fits_memory(copies))) {
      d.advice = Advice::UseShardingOfAll;
      d.advice_numbers = {static_cast<int>(Sharding::replicate)};
    }
    if (d.advice != Advice::none) return;
  }
  d.advice = Advice::UseSharding;  // a module says otherwise itself; its group came with the diagnosis
  d.advice_numbers[1] = static_cast<int>(Sharding::replicate);
}

/// The first change that makes the request fit: where weights alone are too much, a smaller format or more chips; where
/// keys and values are, fewer sequences, a shorter context or a smaller cache.
[[nodiscard]] constexpr Remedy memory_remedy(const PlanRequest& request) {
  const std::int64_t have = request.device.memory_bytes;
  auto smaller_weights = [&]() -> Remedy {
    for (const DType t : {DType::bf16, DType::int8, DType::bfloat8_b, DType::int4, DType::bfloat4_b}) {
      if (!request.device.supports.weights.has(t)) continue;
      PlanRequest other = request;
      other.model.whole.set_weights(t);
      if (weight_bytes(other) < weight_bytes(request) && fits_memory(other))
        return {Advice::UseWeights, {static_cast<int>(t)}};
    }
    return {};
  };
  auto shorter = [&]() -> Remedy {
    const Workload& w = request.workload;
    PlanRequest other = request;
    if (const int unit = request.device.kv_block; unit > 1 && count_attentions(request, KvForm::paged) > 0) {
      // Sequences that share what fits, as long as one alone can reach its context.
      auto fits_with = [&](std::int64_t blocks) {
        other.workload.kv_tokens = blocks * unit;
        return fits_memory(other);
      };
      std::int64_t low = (w.context + unit - 1) / unit, high = low * w.batch;
      if (low < high && fits_with(low)) {
        while (low + 1 < high) {
          const std::int64_t middle = (low + high) / 2;
          (fits_with(middle) ? low : high) = middle;
        }
        return {Advice::UseKvTokens, {low * unit}};
      }
      other = request;
    }
    for (int batch = w.batch / 2; batch >= 1; batch /= 2) {
      other.workload.batch = batch;
      if (fits_memory(other)) return {Advice::UseBatch, {batch}};
    }
    other = request;
    // Whole pages, so that no other rule refuses the advice.
    int unit = 256;
    while (unit > w.context / 2 && unit > 32) unit /= 2;
    int low = 0, high = w.context / unit;  // in units: low fits (0: nothing does), high does not
    while (low + 1 < high) {
      const int middle = (low + high) / 2;
      other.workload.context = middle * unit;
      (fits_memory(other) ? low : high) = middle;
    }
    return low > 0 ? Remedy{Advice::UseContext, {low * unit}} : Remedy{};
  };
  const bool weights_are_it = weight_bytes(request) > have / 2;
  Remedy r = weights_are_it ? smaller_weights() : shorter();
  if (r.advice == Advice::none) r = weights_are_it ? shorter() : smaller_weights();
  if (r.advice == Advice::none && request.device.kind != DeviceKind::cpu) r = mesh_remedy(request, true);
  if (r.advice == Advice::none) r = {Advice::UseLargerDevice, {needed_bytes(request), have}};
  return r;
}

template <std::size_t N>
constexpr void FitsMemory(const PlanRequest& request, Findings<N>& out) {
  const std::int64_t have = request.device.memory_bytes;
  if (have == 0) return;
  const PlanTotals t = plan_totals(request);
  if (t.peak <= have) return;
  const Remedy remedy = memory_remedy(request);
  out.add({Issue::does_not_fit, {t.peak, have, t.weights, t.kv}, remedy.advice, remedy.numbers,
           whole_model});
}

}  // namespace ttt::checks
