// ttt describe: what a model is, and what runs it.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/describe.hpp>
#include <ttt/adaptor/spec_fields.hpp>

#include "command.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// The numbers of a model that the device refuses.
Result<std::shared_ptr<ModelState>> describe_alone(const Found& found, const HowToRun& how) {
  const OwnedModel model(found.config.spec);
  TTT_TRY(std::shared_ptr<ModelState> state,
          plan_on_device({.model = model.view(), .max_position = found.config.spec.max_sequence_length}, how.device,
                         stored_format(found), how.options));
  state->ops.clear();
  return state;
}

Result<int> describe_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  // What a model is can be said even where nothing runs its mathematics: then there is a refusal in place of kernels.
  Result<std::shared_ptr<ModelState>> planned = plan_model(found, how);
  const std::string refused = planned ? std::string() : planned.error().issue;
  if (!planned && planned.error().link.ends_with("#no_kernel_for_learned_positions"))
    planned = describe_alone(found, how);
  TTT_TRY(const std::shared_ptr<ModelState> plan, std::move(planned));
  Description d = describe(found.config.spec, arguments.text("MODEL"), found.variant == "compiled");
  if (d.variant != found.variant) {
    d.variant = found.variant;
    d.reason = "--variant asked for it";
  }
  std::vector<std::string> kernels;
  for (const PlanOp& op : plan->ops)
    if (std::string name = kernel_name(*plan, op);
        std::find(kernels.begin(), kernels.end(), name) == kernels.end())
      kernels.push_back(std::move(name));

  if (!arguments.has("json")) {
    TTT_CHECK(
        print(fmt::format("family: {}\nvariant: {} ({})\n\n{}\n{}\nkernels: {}\n", d.family, d.variant,
                          d.reason, to_text(found.config.spec), d.declaration,
                          refused.empty() ? fmt::format("{}", fmt::join(kernels, ", ")) : "none: " + refused)));
    return 0;
  }
  json::Writer out;
  out.begin_object()
      .member("family", d.family)
      .member("reason", d.reason)
      .member("declaration", d.declaration);
  if (!d.known_model.empty()) out.member("known_model", d.known_model);
  out.key("spec").raw(d.spec).key("kernels").begin_array();
  for (const std::string& k : kernels) out.value(k);
  out.end_array();
  if (!refused.empty()) out.member("refused", refused);
  write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"device",  "mesh",    "policy", "preset",
                                        "variant", "threads", "json"};

}  // namespace

const Command describe_command{"describe",
                               "family, variant, C++ declaration and kernels of a model",
                               model_positional,
                               options,
                               "  ttt describe path/to/model\n"
                               "  ttt describe org/name --json\n",
                               describe_model};

}  // namespace ttt::tool
