// ttt plan: the ops, buffers and bytes of a model on a device, with the time each op takes at least.
#include <fmt/format.h>

#include <ttt/profile/limits.hpp>

#include "command.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// What one op does in one decoding step of all sessions, each with half of the context behind it.
struct Work {
  double flops, bytes;
};
Work work_of(const PlanOp& op, const Workload& w) {
  const double keys = w.context / 2.0;
  return {w.batch * (op.flops_per_row + op.flops_per_row_and_key * keys),
          static_cast<double>(op.weight_bytes) + w.batch * op.bytes_per_key * keys};
}

struct Row {
  std::string path, kernel;
  std::vector<std::string> fused;
  Work work;
  double expected_ms;
};
std::vector<Row> rows_of(const ModelState& plan, const MachineLimits& limits) {
  std::vector<Row> rows;
  for (const PlanOp& op : plan.ops) {
    Row row{plan.path(op), kernel_name(plan, op), {}, work_of(op, plan.request.workload), 0};
    for (std::string_view rest = fused_from(op); !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      row.fused.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    row.expected_ms = limits.least_seconds(row.work.bytes, row.work.flops, op.operands) * 1e3;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string as_text(const ModelState& plan, const std::vector<Row>& rows, const MachineLimits& limits) {
  std::string out = fmt::format("{:32}{:42}{:>12}{:>14}{:>12}\n", "op", "kernel", "MFLOP", "bytes", "ms");
  double ms = 0;
  for (const Row& r : rows) {
    out += fmt::format("{:32}{:42}{:12.3f}{:14.0f}{:12.5f}\n", r.path, r.kernel, r.work.flops / 1e6,
                       r.work.bytes, r.expected_ms);
    ms += r.expected_ms;
  }
  out += fmt::format(
      "\nOne decoding step of batch {}, {} positions behind it: at least {:.4f} ms at {:.1f} GB/s and {:.1f} "
      "GFLOP/s\n",
      plan.request.workload.batch, plan.context() / 2, ms, limits.read_bytes_per_s / 1e9,
      limits.flop_per_s / 1e9);
  out += "\nbuffers of the arena\n";
  for (std::size_t i = 0; i < role_count; ++i)
    if (plan.arena.bytes[i] > 0)
      out += fmt::format("  {:12} at {:12} {:14} bytes\n", name_of(static_cast<Role>(i)),
                         plan.arena.offset[i], plan.arena.bytes[i]);
  const PlanTotals& t = plan.totals;
  return out + fmt::format("\nweights {}  kv {}  arena {}  peak {}  load_peak {} bytes\n", t.weights, t.kv,
                           t.arena, t.peak, t.load_peak);
}

std::string as_json(const ModelState& plan, const std::vector<Row>& rows, const MachineLimits& limits,
                    const HowToRun& how, const Found& found) {
  json::Writer out;
  out.begin_object().key("ops").begin_array();
  for (const Row& r : rows) {
    out.begin_object().member("path", r.path).member("kernel", r.kernel).key("fused_from").begin_array();
    for (const std::string& f : r.fused) out.value(f);
    out.end_array().member("flops", r.work.flops).member("bytes", r.work.bytes);
    out.member("expected_ms", r.expected_ms).end_object();
  }
  out.end_array().key("buffers").begin_array();
  for (std::size_t i = 0; i < role_count; ++i)
    if (plan.arena.bytes[i] > 0)
      out.begin_object()
          .member("name", name_of(static_cast<Role>(i)))
          .member("offset", plan.arena.offset[i])
          .member("bytes", plan.arena.bytes[i])
          .end_object();
  const PlanTotals& t = plan.totals;
  out.end_array().key("totals").begin_object();
  out.member("weights", t.weights).member("kv", t.kv).member("arena", t.arena).member("peak", t.peak);
  out.member("load_peak", t.load_peak).end_object().key("step").begin_object();
  out.member("batch", plan.request.workload.batch).member("context", plan.context());
  out.member("positions", plan.context() / 2).end_object().key("limits").begin_object();
  out.member("read_gb_s", limits.read_bytes_per_s / 1e9)
      .member("gflop_s", limits.flop_per_s / 1e9)
      .member("bf16_gflop_s", limits.bf16_flop_per_s / 1e9)
      .end_object();
  write_how(out, plan, how, found);
  return std::move(out.end_object()).text() + "\n";
}

Result<int> plan_command_of(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
  TTT_TRY(const std::unique_ptr<ThreadTeam> team, ThreadTeam::create(plan->threads));
  TTT_TRY(const MachineLimits limits, measure_limits(*team, plan->kernels->isa));
  const std::vector<Row> rows = rows_of(*plan, limits);
  TTT_CHECK(
      print(arguments.has("json") ? as_json(*plan, rows, limits, how, found) : as_text(*plan, rows, limits)));
  return 0;
}

constexpr std::string_view options[] = {"device", "policy",  "preset",  "variant",
                                        "batch",  "context", "threads", "json"};

}  // namespace

const Command plan_command{"plan",
                           "fused ops, buffers, bytes and the least time of each op",
                           model_positional,
                           options,
                           "  ttt plan path/to/model\n"
                           "  ttt plan path/to/model --batch 4 --context 8192 --policy kv=bf16 --json\n",
                           plan_command_of};

}  // namespace ttt::tool
