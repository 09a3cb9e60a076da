// ttt bench: how fast a model reads a prompt and decodes, beside what the machine can do.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <ttt/plan/parts.hpp>
#include <ttt/profile/limits.hpp>
#include <ttt/profile/spread.hpp>

#include "bench_op.hpp"
#include "bench_sessions.hpp"
#include "command.hpp"
#include "console.hpp"
#include "loading.hpp"
#include "machine.hpp"
#include "policy_text.hpp"

namespace ttt::tool {

namespace {

using Sizes = BenchSizes;

/// Seconds to read the prompt of one sequence at the depth.
Result<double> time_prompt(BenchSessions& sessions) {
  TTT_CHECK(sessions.to_depth());
  const auto start = std::chrono::steady_clock::now();
  for (bool more = true; more;) {
    TTT_TRY(more, sessions.read_chunk());
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}
/// Seconds to decode: one step over all sequences for each token.
Result<double> time_decode(BenchSessions& sessions, int tokens) {
  TTT_CHECK(sessions.to_depth());
  const auto start = std::chrono::steady_clock::now();
  for (int t = 0; t < tokens; ++t) TTT_CHECK(sessions.decode(t));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What one decoding step of all sessions reads, and how long it and one prompt token take at the arithmetic ceilings.
struct Demand {
  double decode_bytes = 0, decode_s = 0, prompt_s = 0;
};
Demand demand_of(const ModelState& state, const Sizes& s, const MachineLimits& limits) {
  Demand d;
  const double decode_keys = s.depth + s.decode / 2.0, prompt_keys = s.depth + s.prompt / 2.0;
  for (const PlanOp& op : state.ops) {
    d.decode_bytes += static_cast<double>(op.weight_bytes) + s.batch * op.bytes_per_key * decode_keys;
    // Only the last token of a prompt goes through the head.
    const double rows = op.out == Role::logits ? 1.0 / s.prompt : 1.0;
    const double flops = rows * op.flops_per_row + op.flops_per_row_and_key * prompt_keys;
    d.prompt_s += flops / limits.flop_per_s_with(op.operands);
    d.decode_s += s.batch * (op.flops_per_row + op.flops_per_row_and_key * decode_keys) / limits.flop_per_s_with(op.operands);
  }
  return d;
}

/// More than a processor's last cache holds, as large as the probe's own buffer.
constexpr double uncached_bytes = 256 << 20;

/// Threads that a step of decoding or of a prompt uses: those of its most cut op.
int threads_of(const ModelState& state, const StepShape& step) {
  int most = 1;
  const PartsRule rule(state.request, state.ops);
  for (const PlanOp& op : state.ops) most = std::max(most, rule.parts(op, step));
  return most;
}

struct Measured {
  Spread prompt, decode;
  double load_ms = 0, bits = 0;
  std::int64_t peak_bytes = 0;
  MachineLimits limits;
  double prompt_share = 0, decode_share = 0, decode_arithmetic_share = 0;
  int prompt_threads = 1, decode_threads = 1;
};

/// Waits for the next line of standard input and drops it; false at the end of input.
bool next_line() {
  int c;
  while ((c = std::getchar()) != EOF)
    if (c == '\n') return true;
  return false;
}

/// `paced`: a repetition for each line of standard input. Each prints its rates at once, so that the runs of one process can
/// be interleaved with another program's.
Result<Measured> measure(Runner& runner, const Sizes& sizes, std::uint64_t seed, bool paced) {
  Measured m;
  TTT_TRY(BenchSessions sessions, BenchSessions::create(runner, sizes, seed));
  const Progress progress = paced ? Progress() : progress_bar("repetitions", Unit::count);
  std::vector<double> prompt, decode;
  // The first touches memory for the first time: not counted, or counted by whoever paces.
  for (int r = 0; paced || r <= sizes.repeat; ++r) {
    if (paced && r > 0 && !next_line()) break;
    TTT_TRY(const double p, time_prompt(sessions));
    TTT_TRY(const double d, time_decode(sessions, sizes.decode));
    if (progress) progress(static_cast<std::uint64_t>(r), static_cast<std::uint64_t>(sizes.repeat));
    const double prompt_rate = sizes.prompt / p;
    const double decode_rate = static_cast<double>(sizes.decode) * sizes.batch / d;
    if (paced) TTT_CHECK(print(fmt::format("{{\"prompt\":{:.6g},\"decode\":{:.6g}}}\n", prompt_rate, decode_rate)));
    if (r == 0 && !paced) continue;
    prompt.push_back(prompt_rate);
    decode.push_back(decode_rate);
  }
  m.prompt = Spread::of(std::move(prompt));
  m.decode = Spread::of(std::move(decode));
  m.peak_bytes = peak_memory_held();  // before measuring limits takes its own
  m.bits = bits_per_weight(runner.state());
  TTT_TRY(m.limits, measure_limits(runner.team(), runner.state().kernels->isa));
  const Demand d = demand_of(runner.state(), sizes, m.limits);
  // The fastest repetition is a limit, too, where it cannot have read from a cache.
  if (d.decode_bytes >= uncached_bytes) m.limits.observe_read(m.decode.max / sizes.batch * d.decode_bytes);
  const double decode_keys = sizes.depth + sizes.decode / 2.0, rows = std::min(sizes.prompt, runner.state().arena.rows);
  const auto batch = static_cast<double>(sizes.batch);
  m.decode_threads = threads_of(runner.state(), {batch, batch, decode_keys, 1, true});
  m.prompt_threads = threads_of(runner.state(), {rows, 1, sizes.depth + sizes.prompt / 2.0, 1, false});
  m.decode_share = m.decode.median / sizes.batch * d.decode_bytes / m.limits.read_bytes_per_s;
  m.decode_arithmetic_share = m.decode.median / sizes.batch * d.decode_s;
  m.prompt_share = m.prompt.median * d.prompt_s;
  return m;
}

void write_phase(json::Writer& out, std::string_view name, int tokens, int threads, const Spread& s) {
  out.key(name).begin_object().member("tokens", tokens).member("threads", threads).key("tokens_per_s").begin_object();
  out.member("min", s.min).member("median", s.median).member("max", s.max).end_object().end_object();
}

std::string as_json(const Measured& m, const Sizes& s, const ModelState& state, const HowToRun& how,
                    const Found& found) {
  json::Writer out;
  out.begin_object();
  write_phase(out, "prompt", s.prompt, m.prompt_threads, m.prompt);
  write_phase(out, "decode", s.decode, m.decode_threads, m.decode);
  out.member("load_ms", m.load_ms).member("packed_cache", name_of(state.weights.cached.kind));
  out.member("peak_bytes", m.peak_bytes).member("bits_per_weight", m.bits);
  out.key("limits").begin_object().member("read_gb_s", m.limits.read_bytes_per_s / 1e9);
  out.member("probed_read_gb_s", m.limits.probed_read_bytes_per_s / 1e9);
  out.member("gflop_s", m.limits.flop_per_s / 1e9);
  out.member("bf16_gflop_s", m.limits.bf16_flop_per_s / 1e9).member("int8_gop_s", m.limits.int8_op_per_s / 1e9).end_object();
  out.key("share_of_limit")
      .begin_object()
      .member("prompt", m.prompt_share)
      .member("decode", m.decode_share)
      .member("decode_arithmetic", m.decode_arithmetic_share)
      .end_object();
  out.member("depth", s.depth).member("batch", s.batch).member("repeat", s.repeat);
  write_how(out, state, how, found);
  return std::move(out.end_object()).text() + "\n";
}

std::string as_text(const Measured& m, const Sizes& s, const ModelState& state, const HowToRun& how) {
  std::string out =
      fmt::format("{:8}{:>8}{:>14}{:>26}{:>18}\n", "", "tokens", "tokens/s", "min .. max", "share of limit");
  const auto row = [&](std::string_view name, int tokens, const Spread& p, double share,
                       std::string_view limit) {
    out += fmt::format("{:8}{:8}{:14.1f}{:>26}{:>12.2f} {}\n", name, tokens, p.median,
                       fmt::format("{:.1f} .. {:.1f}", p.min, p.max), share, limit);
  };
  row("prompt", s.prompt, m.prompt, m.prompt_share, "FLOP");
  row("decode", s.decode, m.decode, m.decode_share, "read");
  out += fmt::format(
      "depth {}, batch {}, {} repetitions; loaded in {:.0f} ms{}; peak {:.1f} MB; {:.2f} bits per weight\n",
      s.depth, s.batch, s.repeat, m.load_ms,
      state.weights.cached.kind == PackedCacheUse::Kind::mapped ? " (packed weights mapped)" : "", static_cast<double>(m.peak_bytes) / 1e6, m.bits);
  out += fmt::format("limits here: {:.1f} GB/s, {:.1f} GFLOP/s", m.limits.read_bytes_per_s / 1e9,
                     m.limits.flop_per_s / 1e9);
  if (m.limits.bf16_flop_per_s > 0) out += fmt::format(", {:.1f} in bf16", m.limits.bf16_flop_per_s / 1e9);
  if (m.limits.int8_op_per_s > 0) out += fmt::format(", {:.1f} in int8", m.limits.int8_op_per_s / 1e9);
  return out + fmt::format("; {} threads ({} in decoding), {}; {}\n", state.threads, m.decode_threads, state.kernels->name,
                           policy_line(state, name_of(how.options.preset)));
}

Result<int> bench(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  for (const std::string_view other : {"repeat", "op"})
    if (arguments.has("paced") && arguments.has(other))
      return command_line_error("option_conflict", "--paced", fmt::format("both --paced and --{} are given", other),
                                fmt::format("give one of --paced and --{}", other));
  TTT_TRY(const Found found, find_decoder(arguments, how));
  const Sizes sizes{arguments.integer("prompt_tokens", 512), arguments.integer("decode", 128),
                    arguments.integer("depth", 0), arguments.integer("batch", 1),
                    arguments.integer("repeat", 3)};
  const std::int64_t positions = std::int64_t{sizes.depth} + std::max(sizes.prompt, sizes.decode);
  const int longest = longest_context(found.config.spec);
  if (positions > longest)
    return make_error(ErrorKind::request, "context_full",
                      sizes.prompt >= sizes.decode ? "--prompt" : "--decode",
                      fmt::format("depth {} and {} tokens need {} positions, but the model holds {}",
                                  sizes.depth, positions - sizes.depth, positions, longest),
                      "give fewer tokens");
  how.options.workload.context = static_cast<int>(positions);
  how.options.workload.batch = sizes.batch;
  how.options.workload.kv_tokens = arguments.whole("kv_tokens", 0);
  const auto start = std::chrono::steady_clock::now();
  TTT_TRY(const std::unique_ptr<Runner> runner, load_runner(found, how));
  const double load_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (arguments.has("op")) {
    TTT_CHECK(bench_op(*runner, sizes, arguments, how, found, load_ms));
    return 0;
  }
  TTT_TRY(Measured m, measure(*runner, sizes, static_cast<std::uint64_t>(arguments.whole("seed", 0)),
                              arguments.has("paced")));
  m.load_ms = load_ms;
  TTT_CHECK(print(arguments.has("json") ? as_json(m, sizes, runner->state(), how, found)
                                        : as_text(m, sizes, runner->state(), how)));
  return 0;
}

constexpr std::string_view options[] = {"prompt_tokens", "decode", "depth",  "batch",  "repeat",  "paced", "op", "kv_tokens",
                                        "split", "pin", "threads",       "device", "policy", "preset", "variant", "packed_cache", "seed",  "json"};

}  // namespace

const Command bench_command{
    "bench",
    "tokens per second, beside what the machine can do",
    model_positional,
    options,
    "  ttt bench path/to/model\n"
    "  ttt bench path/to/model --prompt 512 --decode 128 --batch 4 --repeat 5 --json\n"
    "  ttt bench path/to/model --op layers.15.attention\n",
    bench};

}  // namespace ttt::tool
