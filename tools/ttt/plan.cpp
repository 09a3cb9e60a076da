// ttt plan: the ops, buffers and bytes of a model on a device, with the time each op should take.
#include <fmt/format.h>

#include <ttt/plan/parts.hpp>
#include <ttt/profile/calibration.hpp>
#include <ttt/profile/phase_cost.hpp>

#include "command.hpp"
#include "compiling.hpp"
#include "console.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// The rates that times are reckoned with: this machine's, measured, or a described device's, of one chip.
Result<DeviceRates> rates_for(const ModelState& plan) {
  if (plan.kernels == nullptr) return rates_of(plan.request.device);
  CalibrationOptions options;
  options.library = build_identity();
  options.progress = progress_bar("calibrating", Unit::count);
  TTT_TRY(const Calibration calibration, calibrated(*plan.kernels, options));
  return rates_of(calibration, plan.threads);
}
double read_of(const DeviceRates& rates) { return rates.readings > 0 ? rates.reading[rates.readings - 1].bytes_per_s : 0; }

/// One op in one decoding step of all sessions, each with half of the context behind it; of one chip.
struct Row {
  std::string path, kernel;
  std::vector<std::string> fused;
  OpWork work;
  double expected_ms;
  int parts;
};
std::vector<Row> rows_of(const ModelState& plan, const DeviceRates& rates) {
  std::vector<Row> rows;
  StepShape step = step_shape(plan.request);
  if (plan.kernels != nullptr) step.set = set_of(plan.ops, step.sessions * step.keys);
  const PartsRule rule(plan.request, plan.ops);
  for (const PlanOp& op : plan.ops) {
    Row row{plan.path(op), kernel_name(plan, op), {}, work_of(op, step), 0, rule.parts(op, step)};
    for (std::string_view rest = fused_from(op); !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      row.fused.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    row.expected_ms = expected_time(op, rates, step).seconds() * 1e3;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string as_text(const ModelState& plan, const std::vector<Row>& rows, const DeviceRates& rates) {
  std::string out = fmt::format("{:32}{:42}{:>12}{:>14}{:>12}\n", "op", "kernel", "MFLOP", "bytes", "ms");
  double ms = 0;
  for (const Row& r : rows) {
    out += fmt::format("{:32}{:42}{:12.3f}{:14.0f}{:12.5f}\n", r.path, r.kernel, r.work.flops / 1e6,
                       r.work.bytes, r.expected_ms);
    ms += r.expected_ms;
  }
  out += fmt::format(
      "\nOne decoding step of batch {}, {} positions behind it{}: expected {:.4f} ms at {:.1f} GB/s and {:.1f} "
      "GFLOP/s\n",
      plan.request.workload.batch, plan.context() / 2,
      plan.request.device.chips() > 1 ? fmt::format(", on each of {} chips", plan.request.device.chips()) : "", ms,
      read_of(rates) / 1e9, rates.peak(Fidelity::hifi4) / 1e9);
  out += plan.arena.total > 0 ? "\nbuffers of the arena\n" : "\nthe device's own allocator places every buffer\n";
  for (std::size_t i = 0; i < role_count; ++i)
    if (plan.arena.bytes[i] > 0)
      out += fmt::format("  {:12} at {:12} {:14} bytes\n", name_of(static_cast<Role>(i)),
                         plan.arena.offset[i], plan.arena.bytes[i]);
  const PlanTotals& t = plan.totals;
  if (!pools_of(plan).empty()) out += "\npages of keys and values, shared by all sequences\n";
  for (const KvPoolPlan& p : pools_of(plan))
    out += fmt::format("  {:8} of {:6} positions, {:12} bytes each\n", p.pages, p.page, p.page_bytes);
  return out + fmt::format("\nweights {}  kv {}  arena {}  peak {}  load_peak {} bytes\n", t.weights, t.kv,
                           t.arena, t.peak, t.load_peak);
}

std::string as_json(const ModelState& plan, const std::vector<Row>& rows, const DeviceRates& rates,
                    const HowToRun& how, const Found& found) {
  json::Writer out;
  out.begin_object().key("ops").begin_array();
  for (const Row& r : rows) {
    out.begin_object().member("path", r.path).member("kernel", r.kernel).key("fused_from").begin_array();
    for (const std::string& f : r.fused) out.value(f);
    out.end_array().member("flops", r.work.flops).member("bytes", r.work.bytes);
    out.member("expected_ms", r.expected_ms);
    if (plan.kernels != nullptr) out.member("parts", r.parts);
    out.end_object();
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
  out.member("load_peak", t.load_peak).end_object();
  if (!pools_of(plan).empty()) {
    out.key("kv_pages").begin_array();
    for (const KvPoolPlan& p : pools_of(plan))
      out.begin_object().member("pages", p.pages).member("positions", p.page).member("bytes", p.page_bytes).end_object();
    out.end_array();
  }
  out.key("step").begin_object();
  out.member("batch", plan.request.workload.batch).member("context", plan.context());
  out.member("positions", plan.context() / 2).end_object().key("limits").begin_object();
  out.member("read_gb_s", read_of(rates) / 1e9)
      .member("gflop_s", rates.peak(Fidelity::hifi4) / 1e9)
      .member("bf16_gflop_s", rates.peak(Fidelity::hifi2) / 1e9)
      .member("int8_gop_s", rates.peak(Fidelity::lofi) / 1e9)
      .end_object();
  write_how(out, plan, how, found);
  return std::move(out.end_object()).text() + "\n";
}

Result<int> plan_command_of(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
  TTT_TRY(const DeviceRates rates, rates_for(*plan));
  const std::vector<Row> rows = rows_of(*plan, rates);
  TTT_CHECK(
      print(arguments.has("json") ? as_json(*plan, rows, rates, how, found) : as_text(*plan, rows, rates)));
  return 0;
}

constexpr std::string_view options[] = {"device", "mesh",    "policy",  "preset", "variant",
                                        "batch",  "context", "kv_tokens", "threads", "split", "json"};

}  // namespace

const Command plan_command{"plan",
                           "fused ops, buffers, bytes and the expected time of each op",
                           model_positional,
                           options,
                           "  ttt plan path/to/model\n"
                           "  ttt plan path/to/model --batch 4 --context 8192 --policy kv=bf16 --json\n"
                           "  ttt plan path/to/model --device ttnn:wormhole_t3000\n",
                           plan_command_of};

}  // namespace ttt::tool
