#include "bench_op.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/plan/expected.hpp>
#include <ttt/profile/limits.hpp>

#include "bench_sessions.hpp"
#include "console.hpp"
#include "machine.hpp"
#include "planning.hpp"

namespace ttt::tool {

namespace {

/// The ops at a path or below it.
Result<std::vector<std::size_t>> ops_at(const ModelState& state, const std::string& path) {
  std::vector<std::size_t> found;
  std::vector<std::string> paths;
  const auto add = [&](std::string p) {
    if (std::find(paths.begin(), paths.end(), p) == paths.end()) paths.push_back(std::move(p));
  };
  for (std::size_t i = 0; i < state.ops.size(); ++i) {
    const std::string at = state.path(state.ops[i]);
    if (at == path || at.starts_with(path + ".")) found.push_back(i);
    const std::string module = state.path(state.ops[i].module);
    add(module);
    if (const std::size_t dot = at.find('.', module.size() + 1); dot != std::string::npos) add(at.substr(0, dot));
    add(at);
  }
  if (!found.empty()) return found;
  const std::string_view near = nearest_name(path, paths);
  std::string first;
  for (std::size_t i = 0; i < std::min<std::size_t>(paths.size(), 8); ++i) first += (i > 0 ? ", " : "") + paths[i];
  return make_error(ErrorKind::request, "op_path_unknown", "--op",
                    "the model's plan has no op at " + in_quotes(path),
                    (near.empty() ? std::string() : fmt::format("did you mean {}? ", near)) +
                        fmt::format("`ttt plan` lists all; the first are {}", first));
}

struct Phase {
  std::vector<double> ms;  ///< of one step; of a whole prompt
  OpWork work;             ///< of the same
  double expected_ms = 0;
};

/// What the ops do in a step of the shape; the head runs on the rows whose logits are wanted alone.
void demand(Phase& phase, const ModelState& state, const std::vector<std::size_t>& ops, const StepShape& step,
            double logits_rows, const MachineLimits& limits) {
  for (const std::size_t i : ops) {
    const PlanOp& op = state.ops[i];
    StepShape mine = step;
    if (op.out == Role::logits) mine.rows = mine.reads = logits_rows;
    if (op.out == Role::logits && step.decode) mine.reads = 1;
    const OpWork work = work_of(op, mine);
    phase.work.flops += work.flops;
    phase.work.bytes += work.bytes;
    phase.expected_ms += limits.least_seconds(work.bytes, work.flops, op.operands) * 1e3;
  }
}

/// Milliseconds of the ops: of a whole prompt, and of every decoding step.
class Timer {
 public:
  Timer(BenchSessions sessions, const BenchSizes& sizes, std::vector<std::size_t> ops, std::size_t all_ops)
      : sessions_(std::move(sessions)), sizes_(sizes), ops_(std::move(ops)), seconds_(all_ops) {}
  [[nodiscard]] Result<double> prompt() {
    TTT_CHECK(sessions_.to_depth());
    double ms = 0;
    for (;;) {
      TTT_TRY(const bool more, sessions_.read_chunk(seconds_));
      if (!more) return ms;
      ms += taken();
    }
  }
  [[nodiscard]] Result<std::vector<double>> decode() {
    TTT_CHECK(sessions_.to_depth());
    std::vector<double> ms;
    for (int t = 0; t < sizes_.decode; ++t) {
      TTT_CHECK(sessions_.decode(t, seconds_));
      ms.push_back(taken());
    }
    return ms;
  }

 private:
  [[nodiscard]] double taken() const {
    double s = 0;
    for (const std::size_t i : ops_) s += seconds_[i];
    return s * 1e3;
  }

  BenchSessions sessions_;
  BenchSizes sizes_;
  std::vector<std::size_t> ops_;
  std::vector<double> seconds_;
};

double median_of(const std::vector<double>& sorted) {
  const std::size_t n = sorted.size();
  return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

}  // namespace

Result<void> bench_op(Runner& runner, const BenchSizes& sizes, const Arguments& arguments, const HowToRun& how,
                      const Found& found, double load_ms) {
  const ModelState& state = runner.state();
  const std::string path = arguments.text("op");
  TTT_TRY(const std::vector<std::size_t> ops, ops_at(state, path));
  TTT_TRY(BenchSessions sessions,
          BenchSessions::create(runner, sizes, static_cast<std::uint64_t>(arguments.whole("seed", 0))));
  Timer timer(std::move(sessions), sizes, ops, state.ops.size());
  Phase decode, prompt;
  const Progress progress = progress_bar("repetitions", Unit::count);
  for (int r = 0; r <= sizes.repeat; ++r) {  // the first touches memory for the first time: not counted
    TTT_TRY(const double p, timer.prompt());
    TTT_TRY(const std::vector<double> d, timer.decode());
    if (progress) progress(static_cast<std::uint64_t>(r), static_cast<std::uint64_t>(sizes.repeat));
    if (r == 0) continue;
    prompt.ms.push_back(p);
    decode.ms.insert(decode.ms.end(), d.begin(), d.end());
  }
  std::sort(prompt.ms.begin(), prompt.ms.end());
  std::sort(decode.ms.begin(), decode.ms.end());

  const std::int64_t peak_bytes = peak_memory_held();  // before measuring limits takes its own
  TTT_TRY(const MachineLimits limits, measure_limits(runner.team(), state.kernels->isa));
  const int chunk = std::max(1, state.arena.rows);
  const double batch = sizes.batch, chunks = (sizes.prompt + chunk - 1) / chunk;
  demand(decode, state, ops, {batch, batch, sizes.depth + sizes.decode / 2.0, 1, true}, batch, limits);
  demand(prompt, state, ops, {static_cast<double>(sizes.prompt), chunks, sizes.depth + sizes.prompt / 2.0, chunks, false}, 1,
         limits);

  std::string kernels;
  std::vector<std::string> named;
  for (const std::size_t i : ops) {
    const std::string name = kernel_name(state, state.ops[i]);
    if (std::find(named.begin(), named.end(), name) != named.end()) continue;
    named.push_back(name);
    kernels += (kernels.empty() ? "" : ", ") + name;
  }
  const auto rate = [](double amount, const Phase& p) { return amount / (median_of(p.ms) * 1e-3) / 1e9; };
  if (arguments.has("json")) {
    json::Writer out;
    out.begin_object().member("op", path).member("kernel", kernels).key("ops").begin_array();
    for (const std::size_t i : ops) out.value(state.path(state.ops[i]));
    out.end_array();
    for (const auto& [name, phase, tokens] : {std::tuple<std::string_view, const Phase&, int>{"decode", decode, 1},
                                              {"prompt", prompt, sizes.prompt}}) {
      out.key(name).begin_object().member("tokens", tokens).key("ms").begin_object();
      out.member("min", phase.ms.front()).member("median", median_of(phase.ms)).member("max", phase.ms.back()).end_object();
      out.member("gb_s", rate(phase.work.bytes, phase)).member("gflop_s", rate(phase.work.flops, phase));
      out.member("expected_ms", phase.expected_ms).end_object();
    }
    out.key("limits").begin_object().member("read_gb_s", limits.read_bytes_per_s / 1e9);
    out.member("gflop_s", limits.flop_per_s / 1e9).member("bf16_gflop_s", limits.bf16_flop_per_s / 1e9);
    out.member("int8_gop_s", limits.int8_op_per_s / 1e9).end_object();
    out.key("share_of_limit").begin_object().member("prompt", prompt.expected_ms / median_of(prompt.ms));
    out.member("decode", decode.expected_ms / median_of(decode.ms)).end_object();
    out.member("load_ms", load_ms).member("peak_bytes", peak_bytes).member("bits_per_weight", bits_per_weight(state));
    out.member("depth", sizes.depth).member("batch", sizes.batch).member("repeat", sizes.repeat);
    write_how(out, state, how, found);
    return print(std::move(out.end_object()).text() + "\n");
  }
  std::string text = fmt::format("{}: {}\n{:8}{:>8}{:>12}{:>12}{:>24}{:>9}{:>10}\n", path, kernels, "", "tokens", "ms",
                                 "expected ms", "min .. max", "GB/s", "GFLOP/s");
  for (const auto& [name, phase, tokens] :
       {std::tuple<std::string_view, const Phase&, int>{"decode", decode, 1}, {"prompt", prompt, sizes.prompt}})
    text += fmt::format("{:8}{:8}{:12.4f}{:12.4f}{:>24}{:9.2f}{:10.2f}\n", name, tokens, median_of(phase.ms), phase.expected_ms,
                        fmt::format("{:.4f} .. {:.4f}", phase.ms.front(), phase.ms.back()), rate(phase.work.bytes, phase),
                        rate(phase.work.flops, phase));
  text += fmt::format("of one step, inside the model: depth {}, batch {}, {} repetitions\nlimits here: {:.1f} GB/s, {:.1f} GFLOP/s\n",
                      sizes.depth, sizes.batch, sizes.repeat, limits.read_bytes_per_s / 1e9, limits.flop_per_s / 1e9);
  return print(text);
}

}  // namespace ttt::tool
