// What changes between two policies of a model: knobs, bytes, expected time.
#pragma once

#include <string>
#include <vector>

#include <ttt/plan/plan.hpp>

namespace ttt {

/// One knob of one module, or of layers that change alike.
struct ChangedKnob {
  std::string path;  ///< as in `Resolved`
  std::string knob;
  std::string before;  ///< empty: the knob meant nothing there
  std::string after;
  bool operator==(const ChangedKnob&) const = default;
};

/// Two plans of one model side by side. Bytes are of one chip. Milliseconds are those of `step_cost` at the
/// device's nominal rates: of one decoding step, or of the workload's prompt; 0 where no rates are known.
struct PolicyDiff {
  std::vector<ChangedKnob> rows;
  PlanTotals before;
  PlanTotals after;
  double before_ms = 0;
  double after_ms = 0;

  [[nodiscard]] std::int64_t delta_weights() const { return after.weights - before.weights; }
  [[nodiscard]] std::int64_t delta_kv() const { return after.kv - before.kv; }
  [[nodiscard]] std::int64_t delta_peak() const { return after.peak - before.peak; }
  [[nodiscard]] double delta_ms() const { return after_ms - before_ms; }
  [[nodiscard]] std::string text() const;
};

/// From `before` to `after`. Of models with different modules those at the same place are compared, and the
/// row `modules` of `model` counts them.
[[nodiscard]] PolicyDiff diff(const PlanRequest& before, const PlanRequest& after);
[[nodiscard]] PolicyDiff diff(const ConfiguredModel& before, const ConfiguredModel& after,
                              const DeviceTraits& device, const Workload& workload = {});

/// Of declared models: `diff<llama, tuned, ttnn::wormhole_n150, Batch<1>, Context<4096>>()`.
template <auto Before, auto After, Device D, auto... Options>
[[nodiscard]] PolicyDiff diff() {
  return diff(plan_request<Before, D, Options...>(), plan_request<After, D, Options...>());
}

}  // namespace ttt
