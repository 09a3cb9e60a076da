// Whether a device can run a model, and what to change if not: the compiler's rules on run-time values, no weights needed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/policy/device.hpp>
#include <ttt/runtime/load_options.hpp>
#include <ttt/spec/architecture.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

class LoadedModel;
class ModelState;

/// One obstacle, in the words of the compile error for it.
struct HardwareIssue {
  std::string module;      ///< `layers.0.attention`, `model`, or the option that is out of range
  std::string issue;       ///< with its numbers
  std::string suggestion;  ///< as C++ and as the command spells it; applied, the rule holds
  std::string link;        ///< `docs/errors.md#name`
  bool operator==(const HardwareIssue&) const = default;
};

/// All independent faults of a model on a device (at most 32, and one for each path that names nothing); empty: it can
/// run there as far as the rules know. Faults that only follow from another are left out: shapes come before kernels and
/// shardings, those before memory. Of `how` count preset, policy, tuning and workload, as for loading. `stored` is what
/// `stored` weights are, for models whose checkpoint is not at hand.
///
///     for (const HardwareIssue& i : check_hardware_compatibility(spec, *find_device("ttnn:wormhole_n150")))
///       std::printf("%s: %s; try: %s\n", i.module.c_str(), i.issue.c_str(), i.suggestion.c_str());
[[nodiscard]] std::vector<HardwareIssue> check_hardware_compatibility(const ArchitectureSpec& spec,
                                                                      const DeviceTraits& device,
                                                                      const LoadOptions& how = {},
                                                                      DType stored = DType::bf16);
/// The same of a model as values, with the policies its type carries.
[[nodiscard]] std::vector<HardwareIssue> check_hardware_compatibility(const StateInput& model,
                                                                      const DeviceTraits& device,
                                                                      const LoadOptions& how = {},
                                                                      DType stored = DType::bf16);
/// Of a loaded model as it runs now, policies and workload included.
[[nodiscard]] std::vector<HardwareIssue> check_hardware_compatibility(const LoadedModel& model,
                                                                      const DeviceTraits& device);
/// Of a model written as a type.
template <Joinable M>
[[nodiscard]] std::vector<HardwareIssue> check_hardware_compatibility(const M&, const DeviceTraits& device,
                                                                      const LoadOptions& how = {},
                                                                      DType stored = DType::bf16) {
  using ModelAsType = typename types::as_model<M>::type;
  return check_hardware_compatibility(
      StateInput{.model = view_of<ModelAsType>(), .written = types::model_configs<ModelAsType>::value}, device, how,
      stored);
}

/// The notes on the same request: what is worth knowing and no obstacle. Empty where there are obstacles.
[[nodiscard]] std::vector<std::string> hardware_notes(const StateInput& model, const DeviceTraits& device,
                                                      const LoadOptions& how = {}, DType stored = DType::bf16);

/// Ops, bytes and resolved policies of a model on a described device, of one of its chips: a state without weights and
/// kernels, which nothing can run. No rule but those of shapes is applied. Complete with <ttt/engine.hpp>.
/// Errors: empty_model, those of check_paths, workload_out_of_range, and those of shapes.
[[nodiscard]] Result<std::shared_ptr<ModelState>> plan_on_device(const StateInput& model, const DeviceTraits& device,
                                                                 DType stored, const LoadOptions& how);

}  // namespace ttt
