// ttt check: whether a device can run a model under a policy.
#include <fmt/format.h>

#include "command.hpp"
#include "console.hpp"
#include "machine.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// Notes: what is true and worth knowing, and no obstacle.
std::vector<std::string> notes_on(const Found& found, const ModelState& plan) {
  std::vector<std::string> notes;
  const int longest = longest_context(found.config.spec);
  if (plan.context() < longest)
    notes.push_back(fmt::format("planned for a context of {}; the model holds {}", plan.context(), longest));
  notes.push_back(fmt::format("peak {} bytes: weights {}, kv {}, arena {}", plan.totals.peak,
                              plan.totals.weights, plan.totals.kv, plan.totals.arena));
  return notes;
}

/// The plan's bytes against the machine's.
std::vector<Error> memory_issues(const ModelState& plan) {
  const std::int64_t there = free_memory();
  if (there == 0 || plan.totals.peak <= there) return {};
  return {make_error(ErrorKind::memory, "does_not_fit", "model",
                     fmt::format("the plan needs {} bytes, and {} are available", plan.totals.peak, there),
                     "use a smaller context, batch or model")};
}

/// An obstacle that a rule found, rather than a file or command line at fault.
bool is_issue(const Error& e) {
  return e.kind == ErrorKind::hardware || e.kind == ErrorKind::sharding || e.kind == ErrorKind::memory ||
         e.link.ends_with("#workload_out_of_range") || (e.kind == ErrorKind::config && e.file.empty());
}

Result<int> answer(const Arguments& arguments, const std::vector<Error>& issues,
                   const std::vector<std::string>& notes, const ModelState* plan, const HowToRun& how,
                   const Found& found) {
  const int status = issues.empty() ? 0 : 1;
  if (!arguments.has("json")) {
    std::string text = issues.empty() ? "compatible\n" : "not compatible\n";
    for (const Error& e : issues) text += e.text() + "\n";
    for (const std::string& n : notes) text += "note: " + n + "\n";
    TTT_CHECK(print(text));
    return status;
  }
  json::Writer out;
  out.begin_object().member("compatible", issues.empty()).key("issues").begin_array();
  for (const Error& e : issues) {
    out.begin_object().member("module", e.module).member("issue", e.issue).member("suggestion", e.suggestion);
    out.member("link", e.link).end_object();
  }
  out.end_array().key("notes").begin_array();
  for (const std::string& n : notes) out.value(n);
  out.end_array();
  if (plan != nullptr) write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return status;
}

Result<int> check_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  const auto plan = plan_model(found, how);
  if (!plan && !is_issue(plan.error())) return plan.error();
  if (!plan) return answer(arguments, {plan.error()}, {}, nullptr, how, found);
  return answer(arguments, memory_issues(**plan), notes_on(found, **plan), plan->get(), how, found);
}

constexpr std::string_view options[] = {"device", "policy",  "preset",  "variant",
                                        "batch",  "context", "threads", "json"};

}  // namespace

const Command check_command{"check",
                            "whether a device can run a model, and what to change if not",
                            model_positional,
                            options,
                            "  ttt check path/to/model --device cpu\n"
                            "  ttt check path/to/model --policy kv=bf16 --batch 4 --context 8192 --json\n",
                            check_model};

}  // namespace ttt::tool
