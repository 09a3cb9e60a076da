// ttt plan: the ops, buffers and bytes of a model on a device, with the time each op should take.
#include <fmt/format.h>

#include <ttt/checks/device_advice_text.hpp>
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

bool is_tensix(const ModelState& plan) { return plan.request.device.kind == DeviceKind::ttnn; }
/// An encoder's step is a whole sequence: there is neither a decoding step nor a prompt apart.
bool is_encoder(const ModelState& plan) { return plan.request.model.model.is_encoder(); }
bool is_described(const ModelState& plan) { return plan.request.device.kind != DeviceKind::cpu; }

/// What an op is expected to take in one pass: a decoding step, or a prompt.
struct Timed {
  ExpectedTime time;
  TensixBound bound;  ///< Tensix
};
/// One op in one decoding step of all sessions, each with half of the context behind it, and in a prompt; of one chip.
struct Row {
  std::string path, kernel;
  std::vector<std::string> fused;
  OpWork work;
  Timed decode, prompt;
  int device_ops;  ///< Tensix: TTNN ops it is in a decoding step
  int cores;       ///< Tensix: that multiply in a decoding step; 0: nothing is multiplied
  int parts;
};
/// A prompt of a described device, as `--prompt` has it.
PlanRequest of_prompt(const ModelState& plan, int tokens) {
  PlanRequest request = plan.request;
  request.workload.prompt = tokens;
  return request;
}
void count_cores(Row& row, const PlanOp& op, const DeviceRates& rates, const StepShape& whole) {
  const StepShape step = tensix::step_of(op, whole);
  const bool product = tensix::is_product(op);
  const tensix::Product p = product ? tensix::product_of(op, rates.tensix.chip, step) : tensix::Product{};
  row.device_ops = tensix::device_ops(op, p, step);
  row.cores = product ? p.cores : op.kind == OpKind::attention ? tensix::attention_cores(op, step) : 0;
}
std::vector<Row> rows_of(const ModelState& plan, const DeviceRates& rates, int prompt) {
  std::vector<Row> rows;
  const StepShape prompts = step_shape(of_prompt(plan, prompt));
  auto timed = [&](const PlanOp& op, const StepShape& step) {
    return Timed{expected_time(op, rates, step),
                 is_tensix(plan) ? tensix::bound_of(op, rates, step) : TensixBound::slow};
  };
  StepShape step = step_shape(plan.request);
  if (plan.kernels != nullptr) step.set = set_of(plan.ops, step.sessions * step.keys);
  const PartsRule rule(plan.request, plan.ops);
  for (const PlanOp& op : plan.ops) {
    Row row{plan.path(op), kernel_name(plan, op), {}, work_of(op, step), timed(op, step), {}, 0, 0, rule.parts(op, step)};
    if (prompt > 0) row.prompt = timed(op, prompts);
    if (is_tensix(plan)) count_cores(row, op, rates, step);
    for (std::string_view rest = fused_from(op); !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      row.fused.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// All that is reckoned of a plan.
struct Reckoned {
  DeviceRates rates;
  std::vector<Row> rows;
  std::vector<Row> measured;  ///< Tensix: the same with what was measured of such chips in place of nominal rates
  int prompt = 0;
  DeviceAdvices advice;
};

/// What the ops of a pass add up to.
ExpectedTime sum_of(const std::vector<Row>& rows, Timed Row::* pass, double& seconds) {
  ExpectedTime sum;
  seconds = 0;
  for (const Row& r : rows) {
    const ExpectedTime& t = (r.*pass).time;
    sum.reading += t.reading + t.moving;
    sum.computing += t.computing;
    sum.sending += t.sending;
    sum.overhead += t.overhead;
    seconds += t.seconds();
  }
  return sum;
}
std::string shares_text(const ExpectedTime& t) {
  return fmt::format("reading {:.4f}, computing {:.4f}, sending {:.4f}, beginning ops {:.4f}", t.reading * 1e3,
                     t.computing * 1e3, t.sending * 1e3, t.overhead * 1e3);
}
std::string rates_text(const ModelState& plan, const Reckoned& reckoned) {
  const auto& [rates, rows, measured, prompt, advice] = reckoned;
  double seconds = 0, slower = 0;
  const ExpectedTime decode = sum_of(rows, &Row::decode, seconds);
  const int batch = plan.request.workload.batch;
  if (is_encoder(plan))
    return fmt::format("  {:.2f} sequences/s; ms: {}\n", batch / seconds, shares_text(decode));
  std::string out = fmt::format("  {:.2f} tokens/s a sequence", 1 / seconds);
  if (batch > 1) out += fmt::format(", {:.2f} of all", batch / seconds);
  out += fmt::format("; ms: {}\n", shares_text(decode));
  if (!measured.empty()) {
    sum_of(measured, &Row::decode, slower);
    out += fmt::format("  at the rates measured of such chips {:.4f} ms, {:.2f} tokens/s a sequence; without sampling and the host\n",
                       slower * 1e3, 1 / slower);
  }
  if (prompt == 0) return out;
  const ExpectedTime whole = sum_of(rows, &Row::prompt, seconds);
  out += fmt::format("A prompt of {} tokens: expected {:.4f} ms\n  {:.1f} tokens/s; ms: {}\n", prompt, seconds * 1e3,
                     prompt / seconds, shares_text(whole));
  if (measured.empty()) return out;
  sum_of(measured, &Row::prompt, slower);
  return out + fmt::format("  at the rates measured of such chips {:.4f} ms, {:.1f} tokens/s\n", slower * 1e3, prompt / slower);
}
std::string advice_lines(const ModelState& plan, const DeviceAdvices& advice) {
  if (!is_tensix(plan)) return "";
  std::string out = advice.count > 0 ? "\nadvice\n" : "\nadvice: none\n";
  const ModelView model = plan.request.model.model;
  for (const DeviceAdvice& a : advice) {
    const std::string policy = policy_of(a, model);
    out += fmt::format("  {}{}{}: {}: {}{}\n", place_of(a, model),
                       a.repeat > 1 ? fmt::format(" and {} layers like it", a.repeat - 1) : "", a.prompt ? ", prompt" : "",
                       category_of(a), advice_text(a), policy.empty() ? "" : "; --policy " + policy);
  }
  return out;
}

std::string as_text(const ModelState& plan, const Reckoned& reckoned) {
  const auto& [rates, rows, measured, prompt, advice] = reckoned;
  const bool tensix = is_tensix(plan);
  std::string out = fmt::format("{:32}{:42}{:>12}{:>14}{:>12}", "op", "kernel", "MFLOP", "bytes", "ms");
  out += tensix ? fmt::format("{:>7}{:>5}{:>7}{:>13}{:>7}\n", "cores", "ops", "bound", "prompt ms", "bound") : "\n";
  double ms = 0;
  for (const Row& r : rows) {
    out += fmt::format("{:32}{:42}{:12.3f}{:14.0f}{:12.5f}", r.path, r.kernel, r.work.flops / 1e6, r.work.bytes,
                       r.decode.time.seconds() * 1e3);
    if (tensix)
      out += fmt::format("{:7}{:5}{:>7}{:13.4f}{:>7}", r.cores, r.device_ops, name_of(r.decode.bound),
                         r.prompt.time.seconds() * 1e3, name_of(r.prompt.bound));
    out += "\n";
    ms += r.decode.time.seconds() * 1e3;
  }
  out += fmt::format(
      "\n{} of batch {}, {}{}: expected {:.4f} ms at {:.1f} GB/s and {:.1f} GFLOP/s\n",
      is_encoder(plan) ? "One pass" : "One decoding step", plan.request.workload.batch,
      is_encoder(plan) ? fmt::format("{} tokens each", plan.context())
                       : fmt::format("{} positions behind it", plan.context() / 2),
      plan.request.device.chips() > 1 ? fmt::format(", on each of {} chips", plan.request.device.chips()) : "", ms,
      read_of(rates) / 1e9, rates.peak(Fidelity::hifi4) / 1e9);
  if (is_described(plan)) out += rates_text(plan, reckoned) + advice_lines(plan, advice);
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

void write_pass(json::Writer& out, const std::vector<Row>& rows, Timed Row::* pass, std::string_view name, double tokens,
                double users) {
  double seconds = 0;
  const ExpectedTime t = sum_of(rows, pass, seconds);
  out.key(name).begin_object().member("tokens", tokens).member("ms", seconds * 1e3).member("tokens_per_s", tokens / seconds);
  if (users > 0) out.member("tokens_per_s_per_user", tokens / users / seconds);
  out.member("reading_ms", t.reading * 1e3).member("computing_ms", t.computing * 1e3);
  out.member("sending_ms", t.sending * 1e3).member("overhead_ms", t.overhead * 1e3).end_object();
}
/// What is said of a described device alone: passes as a whole, and advice.
void write_described(json::Writer& out, const ModelState& plan, const Reckoned& reckoned) {
  const auto& [rates, rows, measured, prompt, advice] = reckoned;
  const double batch = plan.request.workload.batch;
  out.key("expected").begin_object().member("op_overhead_us", plan.request.device.op_overhead_s * 1e6);
  if (is_encoder(plan))
    write_pass(out, rows, &Row::decode, "pass", batch * plan.context(), 0);
  else
    write_pass(out, rows, &Row::decode, "decode", batch, batch);
  if (prompt > 0) write_pass(out, rows, &Row::prompt, "prompt", prompt, 0);
  if (!measured.empty()) {
    const DeviceTraits slower = as_measured(plan.request.device);
    out.key("as_measured").begin_object().member("read_gb_s", slower.read_bytes_per_s / 1e9);
    out.member("link_gb_s", slower.link_bytes_per_s / 1e9).member("sum_us", slower.sum_s * 1e6);
    write_pass(out, measured, &Row::decode, "decode", batch, batch);
    if (prompt > 0) write_pass(out, measured, &Row::prompt, "prompt", prompt, 0);
    out.end_object();
  }
  out.end_object();
  if (!is_tensix(plan)) return;
  const ModelView model = plan.request.model.model;
  out.key("advice").begin_array();
  for (const DeviceAdvice& a : advice) {
    out.begin_object().member("category", category_of(a)).member("phase", a.prompt ? "prompt" : "decode");
    out.member("path", place_of(a, model)).member("layers", a.repeat).member("text", advice_text(a));
    out.member("policy", policy_of(a, model)).end_object();
  }
  out.end_array();
}

std::string as_json(const ModelState& plan, const Reckoned& reckoned, const HowToRun& how, const Found& found) {
  const auto& [rates, rows, measured, prompt, advice] = reckoned;
  json::Writer out;
  out.begin_object().key("ops").begin_array();
  for (const Row& r : rows) {
    out.begin_object().member("path", r.path).member("kernel", r.kernel).key("fused_from").begin_array();
    for (const std::string& f : r.fused) out.value(f);
    out.end_array().member("flops", r.work.flops).member("bytes", r.work.bytes);
    out.member("expected_ms", r.decode.time.seconds() * 1e3);
    if (is_described(plan) && prompt > 0) out.member("prompt_ms", r.prompt.time.seconds() * 1e3);
    if (is_tensix(plan)) {
      out.member("bound", name_of(r.decode.bound)).member("prompt_bound", name_of(r.prompt.bound));
      out.member("cores", r.cores).member("device_ops", r.device_ops);
    }
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
  out.member("positions", is_encoder(plan) ? plan.context() : plan.context() / 2).end_object().key("limits").begin_object();
  out.member("read_gb_s", read_of(rates) / 1e9)
      .member("gflop_s", rates.peak(Fidelity::hifi4) / 1e9)
      .member("bf16_gflop_s", rates.peak(Fidelity::hifi2) / 1e9)
      .member("int8_gop_s", rates.peak(Fidelity::lofi) / 1e9)
      .end_object();
  if (is_described(plan)) write_described(out, plan, reckoned);
  write_how(out, plan, how, found);
  return std::move(out.end_object()).text() + "\n";
}

/// --op-overhead and --read-share onto the device; returns the prompt's tokens, 0 for the cpu.
Result<int> described_timing(const Arguments& arguments, HowToRun& how, bool encoder) {
  if (how.device.kind == DeviceKind::cpu) {
    for (const auto& [name, spelling] : {std::pair{"prompt_tokens", "--prompt"}, std::pair{"op_overhead", "--op-overhead"},
                                         std::pair{"read_share", "--read-share"}})
      if (arguments.has(name))
        return command_line_error("option_conflict", spelling, "the cpu's rates are measured, and its prompts are profiled",
                                  "leave it out, or run ttt profile; with --device ttnn:wormhole_n150 it says what is expected");
    return 0;
  }
  if (arguments.has("op_overhead")) how.device.op_overhead_s = arguments.real("op_overhead", 0) * 1e-6;
  how.device.read_bytes_per_s *= arguments.real("read_share", 1);
  const int longest = how.options.workload.context;
  if (encoder && arguments.has("prompt_tokens"))
    return command_line_error("option_conflict", "--prompt", "an encoder's step is a whole sequence, and no prompt precedes it",
                              "give the sequence's length with --context");
  if (encoder) return 0;
  const int prompt = arguments.integer("prompt_tokens", std::min(512, longest));
  if (prompt > longest)
    return make_error(ErrorKind::request, "workload_out_of_range", "--prompt",
                      fmt::format("{} prompt tokens, and a sequence has {} positions", prompt, longest),
                      fmt::format("give at most {}, or a longer --context", longest));
  return prompt;
}

Result<int> plan_command_of(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard", Devices::described));
  TTT_TRY(const Found found, find_config(arguments, how));
  set_workload(arguments, found.config.spec, how);
  TTT_TRY(const int prompt, described_timing(arguments, how, OwnedModel(found.config.spec).view().is_encoder()));
  TTT_TRY(const std::shared_ptr<ModelState> plan, plan_model(found, how));
  TTT_TRY(const DeviceRates rates, rates_for(*plan));
  Reckoned reckoned{rates, rows_of(*plan, rates, prompt), {}, prompt, find_device_advice(of_prompt(*plan, prompt))};
  if (is_tensix(*plan) && !arguments.has("read_share"))  // else the user's word holds
    reckoned.measured = rows_of(*plan, rates_of(as_measured(plan->request.device)), prompt);
  TTT_CHECK(print(arguments.has("json") ? as_json(*plan, reckoned, how, found) : as_text(*plan, reckoned)));
  return 0;
}

constexpr std::string_view options[] = {"device", "mesh",    "policy",  "preset", "variant",
                                        "batch",  "context", "kv_tokens", "threads", "split", "prompt_tokens",
                                        "op_overhead", "read_share", "json"};

}  // namespace

const Command plan_command{"plan",
                           "fused ops, buffers, bytes and the expected time of each op",
                           model_positional,
                           options,
                           "  ttt plan path/to/model\n"
                           "  ttt plan path/to/model --batch 4 --context 8192 --policy kv=bf16 --json\n"
                           "  ttt plan path/to/model --device ttnn:wormhole_t3000\n"
                           "  ttt plan path/to/model --device ttnn:wormhole_n150 --prompt 2048 --op-overhead 20\n",
                           plan_command_of};

}  // namespace ttt::tool
