// Definitions of compatibility.hpp.
#pragma once

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/checks/explain.hpp>
#include <ttt/checks/gate.hpp>
#include <ttt/checks/note_text.hpp>
#include <ttt/checks/paths.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/policy/tuning.hpp>
#include <ttt/runtime/own_kernels.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

namespace compatibility_parts {

inline HardwareIssue as_issue(const Error& e) { return {e.module, e.issue, e.suggestion, e.link}; }

/// The request of a model on a device. `paths` and `workload` are sound.
inline std::shared_ptr<ModelState> state_for(const StateInput& input, const DeviceTraits& device, DType stored,
                                             const LoadOptions& how, std::span<const PathPolicy> paths,
                                             const Workload& workload) {
  auto state = std::make_shared<ModelState>();
  ModelState& s = *state;
  ConfiguredRuns runs = with_tuning(input.model, input.written, paths);
  s.model = std::move(runs.model);
  s.written = std::move(runs.written);
  for (const auto& run : s.written) s.written_view.emplace_back(run);
  s.max_position = input.max_position;
  s.own_kernels = known_kernels(input.own_kernels, device.kind);
  s.request = {{s.model.view(), s.written_view, how.preset, how.policy, s.own_kernels}, device, workload, stored};
  return state;
}

/// What was found of a model on a device.
struct Judgement {
  std::vector<HardwareIssue> issues;
  std::vector<std::string> notes;
};
inline Judgement judge(const StateInput& input, const DeviceTraits& device, const LoadOptions& how, DType stored) {
  Judgement out;
  if (input.model.runs.empty() || input.model.module_count() == 0) {
    out.issues.push_back(as_issue(make_error(ErrorKind::config, "empty_model", "model", "it has no modules",
                                             "begin with Embedding<vocab, hidden>")));
    return out;
  }
  // What is wrong with one path or with the workload hides nothing of the rest.
  std::vector<PathPolicy> paths;
  for (const PathPolicy& p : how.tuning) {
    if (const Result<void> named = check_paths(input.model, {&p, 1}); !named) {
      out.issues.push_back(as_issue(named.error()));
    } else {
      paths.push_back(p);
    }
  }
  Result<Workload> workload = checked_workload(how.workload, input.model, input.max_position);
  if (!workload) {
    out.issues.push_back(as_issue(workload.error()));
    workload = checked_workload({.context = 0}, input.model, input.max_position);
    if (!workload) return out;
  }
  const std::shared_ptr<const ModelState> state = state_for(input, device, stored, how, paths, *workload);
  if (const Result<void> there = own_kernels_are_there(state->request.model, device); !there)
    out.issues.push_back(as_issue(there.error()));  // in more words than the rule has
  Findings<32> found;
  find_faults(state->request, found);
  for (Diagnosis d : found) {
    if (d.issue == Issue::own_kernel_unknown) continue;
    // A rule does not know how long the model's sequences can be: whole pages, but not more than there are positions.
    if (d.advice == Advice::UseContext && input.max_position > 0 && d.advice_numbers[0] > input.max_position &&
        d.issue == Issue::page_does_not_divide_context)
      d.advice_numbers[0] = d.numbers[1] / d.numbers[0] * d.numbers[0];
    out.issues.push_back(as_issue(error_of(d, state->model.view())));
  }
  if (out.issues.empty())
    for (const Remark& r : find_notes(state->request)) out.notes.push_back(note_text(r, state->model.view()));
  return out;
}

}  // namespace compatibility_parts

TTT_INLINE std::vector<HardwareIssue> check_hardware_compatibility(const StateInput& model, const DeviceTraits& device,
                                                                   const LoadOptions& how, DType stored) {
  return compatibility_parts::judge(model, device, how, stored).issues;
}

TTT_INLINE std::vector<std::string> hardware_notes(const StateInput& model, const DeviceTraits& device,
                                                   const LoadOptions& how, DType stored) {
  return compatibility_parts::judge(model, device, how, stored).notes;
}

TTT_INLINE std::vector<HardwareIssue> check_hardware_compatibility(const ArchitectureSpec& spec,
                                                                   const DeviceTraits& device, const LoadOptions& how,
                                                                   DType stored) {
  if (const auto edge = first_non_sequential(spec))
    return {compatibility_parts::as_issue(
        make_error(ErrorKind::config, "not_sequential", edge->from + " -> " + edge->to,
                   "this connection leaves the order of the layers, and graphs are not supported yet",
                   "connect each layer to the next, or leave `connections` empty"))};
  const OwnedModel values(spec);
  return check_hardware_compatibility(StateInput{.model = values.view(), .max_position = spec.max_sequence_length},
                                      device, how, stored);
}

TTT_INLINE std::vector<HardwareIssue> check_hardware_compatibility(const LoadedModel& model,
                                                                   const DeviceTraits& device) {
  const ModelState& state = model.state();
  LoadOptions how;
  how.preset = state.request.model.preset;
  how.policy = state.request.model.whole;
  how.workload = state.request.workload;  // its tuning is in what is written for its modules
  return check_hardware_compatibility(
      StateInput{.model = state.model.view(), .written = state.written_view, .max_position = state.max_position,
                 .own_kernels = state.own_kernels},
      device, how, state.request.stored);
}

TTT_INLINE Result<std::shared_ptr<ModelState>> plan_on_device(const StateInput& model, const DeviceTraits& device,
                                                              DType stored, const LoadOptions& how) {
  if (model.model.runs.empty() || model.model.module_count() == 0)
    return make_error(ErrorKind::config, "empty_model", "model", "it has no modules",
                      "begin with Embedding<vocab, hidden>");
  TTT_CHECK(check_paths(model.model, how.tuning));
  TTT_TRY(const Workload workload, checked_workload(how.workload, model.model, model.max_position));
  if (const Diagnosis d = checks::ShapesAgree(model.model); !d.ok()) return error_of(d, model.model);
  std::shared_ptr<ModelState> state =
      compatibility_parts::state_for(model, device, stored, how, how.tuning, workload);
  ModelState& s = *state;
  s.ropes = ropes_of(s.model.view());
  s.output = emit_ops(s.request, true, [&](const PlanOp& op) { s.ops.push_back(op); });
  if (device.kind == DeviceKind::cpu) s.arena = arena_layout(s.request);
  s.totals = plan_totals(s.request);
  return state;
}

}  // namespace ttt
