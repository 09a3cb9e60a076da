#include "bench_op.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/plan/expected.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/runtime/sampler.hpp>

#include "console.hpp"
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

class Timer {
 public:
  [[nodiscard]] static Result<Timer> create(Runner& runner, const BenchSizes& sizes, std::vector<std::size_t> ops,
                                            std::uint64_t seed) {
    Timer t(runner, sizes, std::move(ops));
    for (int i = 0; i < sizes.batch; ++i) {
      TTT_TRY(Session session, Session::create(runner.shared_state()));
      t.sessions_.push_back(std::move(session));
    }
    CounterRandom random(seed);
    t.ids_.resize(static_cast<std::size_t>(sizes.depth + std::max(sizes.prompt, sizes.decode)));
    for (std::int32_t& id : t.ids_) id = static_cast<std::int32_t>(random.next() * runner.state().vocab);
    t.seconds_.resize(runner.state().ops.size());
    return t;
  }

  /// Brings every session to `length`; adds up the ops' milliseconds.
  [[nodiscard]] Result<double> fill(int length) {
    double ms = 0;
    const int chunk = runner_->state().arena.rows;
    for (Session& session : sessions_)
      while (session.length() < length) {
        const int begin = session.length(), count = std::min(chunk, length - begin);
        const BatchItem item{
            .session = &session,
            .tokens = {ids_.data() + begin, static_cast<std::size_t>(count)},
            .logits = begin + count == length ? BatchItem::Logits::last : BatchItem::Logits::none,
            .sequence_length = length};
        TTT_CHECK(runner_->step({&item, 1}, nullptr, seconds_));
        ms += taken();
      }
    return ms;
  }
  [[nodiscard]] Result<double> prompt() {
    TTT_CHECK(to_depth());
    return fill(sizes_.depth + sizes_.prompt);
  }
  /// One number a step.
  [[nodiscard]] Result<std::vector<double>> decode() {
    TTT_CHECK(to_depth());
    std::vector<double> ms;
    std::vector<BatchItem> items(sessions_.size());
    for (int t = 0; t < sizes_.decode; ++t) {
      const std::int32_t* id = ids_.data() + sizes_.depth + t;
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = {.session = &sessions_[i], .tokens = {id, 1}};
      TTT_CHECK(runner_->step(items, nullptr, seconds_));
      ms.push_back(taken());
    }
    return ms;
  }

 private:
  Timer(Runner& runner, const BenchSizes& sizes, std::vector<std::size_t> ops)
      : runner_(&runner), sizes_(sizes), ops_(std::move(ops)) {}
  [[nodiscard]] Result<void> to_depth() {
    for (Session& s : sessions_) s.truncate(std::min(s.length(), sizes_.depth));
    TTT_TRY([[maybe_unused]] const double ms, fill(sizes_.depth));
    return {};
  }
  [[nodiscard]] double taken() const {
    double s = 0;
    for (const std::size_t i : ops_) s += seconds_[i];
    return s * 1e3;
  }

  Runner* runner_;
  BenchSizes sizes_;
  std::vector<std::size_t> ops_;
  std::vector<Session> sessions_;
  std::vector<std::int32_t> ids_;
  std::vector<double> seconds_;
};

double median_of(const std::vector<double>& sorted) {
  const std::size_t n = sorted.size();
  return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

}  // namespace

Result<void> bench_op(Runner& runner, const BenchSizes& sizes, const Arguments& arguments, const HowToRun& how,
                      const Found& found) {
  const ModelState& state = runner.state();
  const std::string path = arguments.text("op");
  TTT_TRY(const std::vector<std::size_t> ops, ops_at(state, path));
  TTT_TRY(Timer timer, Timer::create(runner, sizes, ops, static_cast<std::uint64_t>(arguments.whole("seed", 0))));
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

  TTT_TRY(const MachineLimits limits, measure_limits(runner.team(), state.kernels->isa));
  const int chunk = std::max(1, state.arena.rows);
  const double batch = sizes.batch, chunks = (sizes.prompt + chunk - 1) / chunk;
  demand(decode, state, ops, {batch, batch, sizes.depth + sizes.decode / 2.0, 1, true}, batch, limits);
  demand(prompt, state, ops, {batch * sizes.prompt, batch * chunks, sizes.depth + sizes.prompt / 2.0, batch * chunks, false},
         batch, limits);

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
    out.member("gflop_s", limits.flop_per_s / 1e9).member("bf16_gflop_s", limits.bf16_flop_per_s / 1e9).end_object();
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
