// ttt describe: what a model is, and what runs it.
#include <fmt/format.h>

#include <algorithm>

#include <ttt/adaptor/describe.hpp>
#include <ttt/adaptor/spec_fields.hpp>

#include "command.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

Result<int> describe_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
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
                          d.reason, to_text(found.config.spec), d.declaration, fmt::join(kernels, ", "))));
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
  write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"device", "policy", "preset", "variant", "threads", "json"};

}  // namespace

const Command describe_command{"describe",
                               "family, variant, C++ declaration and kernels of a model",
                               model_positional,
                               options,
                               "  ttt describe path/to/model\n"
                               "  ttt describe org/name --json\n",
                               describe_model};

}  // namespace ttt::tool
