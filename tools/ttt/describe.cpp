// ttt describe: what a model is, and what runs it.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <ttt/adaptor/compatibility.hpp>
#include <ttt/adaptor/describe.hpp>
#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/profile/weight_quality.hpp>

#include "command.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// What the policy's formats make of the weights. Errors: those of load_weights_of, and of reading.
Result<WeightQuality> quality_of(const Found& found, HowToRun how) {
  how.options.workload.context = 1;
  TTT_TRY(const LoadedWeights loaded, load_weights_of(found, how, Loading::to_compare));
  how.options.names = found.config.names;
  how.options.progress = progress_bar("comparing");
  return weight_quality(*loaded.state, *loaded.source, how.options);
}

/// The rows of a table, with what they all come to at the end.
std::vector<GroupQuality> rows_of(const WeightQuality& quality) {
  std::vector<GroupQuality> rows = quality.groups;
  rows.push_back(quality.all);
  return rows;
}
std::string_view group_name(const GroupQuality& q) { return q.group ? name_of(*q.group) : "all"; }
std::string_view format_name(const GroupQuality& q) { return q.format == DType::automatic ? "mixed" : name_of(q.format); }

std::string as_text(const WeightQuality& quality) {
  std::string out = fmt::format("\n{:12}{:10}{:>10}{:>14}{:>14}{:>14}{:>16}\n", "weights", "format", "matrices", "numbers",
                                "bits/weight", "rms error", "largest error");
  for (const GroupQuality& q : rows_of(quality))
    out += fmt::format("{:12}{:10}{:>10}{:>14}{:14.3f}{:14.3g}{:16.3g}{}\n", group_name(q), format_name(q), q.matrices, q.weights,
                       q.bits_per_weight(), q.rms_error, q.largest_error,
                       q.not_finite > 0 ? fmt::format("  {} are not finite", q.not_finite) : "");
  return out + "errors relative to the root mean square of the group's weights\n";
}

void write_quality(json::Writer& out, const WeightQuality& quality) {
  out.key("quality").begin_object().key("groups").begin_array();
  for (const GroupQuality& q : rows_of(quality)) {
    if (!q.group) out.end_array().key("all");
    out.begin_object();
    if (q.group) out.member("group", group_name(q));
    out.member("format", format_name(q)).member("matrices", q.matrices).member("weights", q.weights);
    out.member("bits_per_weight", q.bits_per_weight()).member("rms_error", q.rms_error);
    out.member("largest_error", q.largest_error).member("not_finite", q.not_finite).end_object();
  }
  out.end_object();
}

Result<int> describe_model(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  if (arguments.has("quality") && how.device.kind != DeviceKind::cpu)
    return command_line_error("option_conflict", "--quality", "weights are packed for the cpu alone, and --device names another device",
                              "leave --device or --quality out");
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

  std::optional<WeightQuality> quality;
  if (arguments.has("quality")) {
    TTT_TRY(quality, quality_of(found, how));
  }

  if (!arguments.has("json")) {
    TTT_CHECK(
        print(fmt::format("family: {}\nvariant: {} ({})\n\n{}\n{}\nkernels: {}\n", d.family, d.variant,
                          d.reason, to_text(found.config.spec), d.declaration,
                          fmt::join(kernels, ", "))));
    if (quality) TTT_CHECK(print(as_text(*quality)));
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
  if (quality) write_quality(out, *quality);
  write_how(out, *plan, how, found);
  TTT_CHECK(print(std::move(out.end_object()).text() + "\n"));
  return 0;
}

constexpr std::string_view options[] = {"quality", "device",  "mesh", "policy", "preset",
                                        "variant", "threads", "json"};

}  // namespace

const Command describe_command{"describe",
                               "family, variant, C++ declaration and kernels of a model, and what weight formats cost",
                               model_positional,
                               options,
                               "  ttt describe path/to/model\n"
                               "  ttt describe org/name --json\n"
                               "  ttt describe path/to/model --quality --policy weights=int4,weights.down=int8\n",
                               describe_model};

}  // namespace ttt::tool
