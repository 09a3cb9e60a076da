// ttt check: whether a device can run a model under a policy.
#include <fmt/format.h>

#include <ttt/adaptor/compatibility.hpp>

#include "command.hpp"
#include "console.hpp"
#include "machine.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// The plan in numbers, and how much of the model it covers.
std::vector<std::string> notes_on(const Found& found, const ModelState& plan) {
  std::vector<std::string> notes;
  const int longest = longest_context(found.config.spec);
  if (plan.context() < longest)
    notes.push_back(fmt::format("planned for a context of {}; the model holds {}", plan.context(), longest));
  notes.push_back(fmt::format("peak {} bytes{}: weights {}, kv {}, arena {}", plan.totals.peak,
                              plan.request.device.chips() > 1 ? " of each chip" : "", plan.totals.weights,
                              plan.totals.kv, plan.totals.arena));
  const Workload& w = plan.request.workload;
  for (const KvPoolPlan& p : pools_of(plan))
    notes.push_back(fmt::format("{} pages of {} positions: room for {} of {} whole contexts of {}", p.pages, p.page,
                                std::min<std::int64_t>(w.batch, p.pages / ((w.context + p.page - 1) / p.page)), w.batch,
                                w.context));
  return notes;
}

/// The plan's bytes against the machine's, counted for the level and threads it has.
std::vector<HardwareIssue> memory_issues(const ModelState& plan) {
  const std::int64_t there = available_memory();
  if (plan.kernels == nullptr || there == 0 || plan.totals.peak <= there) return {};
  return {{"model", fmt::format("the plan needs {} bytes, and {} are available", plan.totals.peak, there),
           "use a smaller context, batch or model", "docs/errors.md#does_not_fit"}};
}

Result<int> answer(const Arguments& arguments, const std::vector<HardwareIssue>& issues,
                   const std::vector<std::string>& notes, const ModelState* plan, const HowToRun& how,
                   const Found& found) {
  const int status = issues.empty() ? 0 : 1;
  if (!arguments.has("json")) {
    std::string text = issues.empty() ? "compatible\n" : "not compatible\n";
    for (const HardwareIssue& i : issues)
      text += fmt::format("module: {}\nissue: {}\nsuggestion: {}\nsee: {}\n", i.module, i.issue, i.suggestion, i.link);
    for (const std::string& n : notes) text += "note: " + n + "\n";
    TTT_CHECK(print(text));
    return status;
  }
  json::Writer out;
  out.begin_object().member("compatible", issues.empty()).key("issues").begin_array();
  for (const HardwareIssue& i : issues) {
    out.begin_object().member("module", i.module).member("issue", i.issue).member("suggestion", i.suggestion);
    out.member("link", i.link).end_object();
  }
  out.end_array().key("notes").begin_array();
  for (const std::string& n : notes) out.value(n);
  out.end_array();
  if (plan != nullptr) write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return status;
}

Result<int> check_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  const OwnedModel model(found.config.spec);
  const StateInput input{.model = model.view(), .max_position = found.config.spec.max_sequence_length};
  const DType stored = stored_format(found);
  DeviceTraits device = how.device;
  if (device.kind == DeviceKind::cpu) device.memory_bytes = available_memory();
  const std::vector<HardwareIssue> issues = check_hardware_compatibility(input, device, how.options, stored);
  if (!issues.empty()) return answer(arguments, issues, {}, nullptr, how, found);
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
  std::vector<std::string> notes = notes_on(found, *plan);
  for (std::string& note : hardware_notes(input, how.device, how.options, stored)) notes.push_back(std::move(note));
  return answer(arguments, memory_issues(*plan), notes, plan.get(), how, found);
}

constexpr std::string_view options[] = {"device", "mesh",    "policy",  "preset", "variant",
                                        "batch",  "context", "kv_tokens", "threads", "json"};

}  // namespace

const Command check_command{"check",
                            "whether a device can run a model, and what to change if not",
                            model_positional,
                            options,
                            "  ttt check path/to/model --device cpu\n"
                            "  ttt check path/to/model --device ttnn:wormhole_n150 --mesh 1x4 --policy weights=bf16\n"
                            "  ttt check path/to/model --policy kv=bf16 --batch 4 --context 8192 --json\n",
                            check_model};

}  // namespace ttt::tool
