// ttt bench: how fast a model reads a prompt and decodes, beside what the machine can do.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <ttt/profile/limits.hpp>
#include <ttt/runtime/sampler.hpp>

#include "bench_op.hpp"
#include "command.hpp"
#include "console.hpp"
#include "loading.hpp"
#include "machine.hpp"
#include "policy_text.hpp"

namespace ttt::tool {

namespace {

using Sizes = BenchSizes;

/// The sessions of a batch and the random ids they are fed.
class Bench {
 public:
  [[nodiscard]] static Result<Bench> create(Runner& runner, const Sizes& sizes, std::uint64_t seed) {
    Bench b(runner, sizes);
    for (int i = 0; i < sizes.batch; ++i) {
      TTT_TRY(Session session, Session::create(runner.shared_state()));
      b.sessions_.push_back(std::move(session));
    }
    CounterRandom random(seed);
    b.ids_.resize(static_cast<std::size_t>(sizes.depth + std::max(sizes.prompt, sizes.decode)));
    for (std::int32_t& id : b.ids_) id = static_cast<std::int32_t>(random.next() * runner.state().vocab);
    return b;
  }

  /// Brings every session to `length` tokens, in chunks; logits of the last only, as a prompt needs them.
  [[nodiscard]] Result<void> fill(int length) {
    const int chunk = runner_->state().arena.rows;
    for (Session& session : sessions_)
      while (session.length() < length) {
        const int begin = session.length(), count = std::min(chunk, length - begin);
        const BatchItem item{
            .session = &session,
            .tokens = {ids_.data() + begin, static_cast<std::size_t>(count)},
            .logits = begin + count == length ? BatchItem::Logits::last : BatchItem::Logits::none,
            .sequence_length = length};
        TTT_CHECK(runner_->step({&item, 1}));
      }
    return {};
  }

  /// Seconds to read the prompt of every session at the depth.
  [[nodiscard]] Result<double> time_prompt() {
    TTT_CHECK(start_at_depth());
    const auto start = std::chrono::steady_clock::now();
    TTT_CHECK(fill(sizes_.depth + sizes_.prompt));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  /// Seconds to decode: one step over all sessions for each token.
  [[nodiscard]] Result<double> time_decode() {
    TTT_CHECK(start_at_depth());
    std::vector<BatchItem> items(sessions_.size());
    const auto start = std::chrono::steady_clock::now();
    for (int t = 0; t < sizes_.decode; ++t) {
      const std::int32_t* id = ids_.data() + sizes_.depth + t;
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = {.session = &sessions_[i], .tokens = {id, 1}};
      TTT_CHECK(runner_->step(items));
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  Bench(Runner& runner, const Sizes& sizes) : runner_(&runner), sizes_(sizes) {}
  [[nodiscard]] Result<void> start_at_depth() {
    for (Session& s : sessions_) s.truncate(std::min(s.length(), sizes_.depth));
    return fill(sizes_.depth);
  }

  Runner* runner_;
  Sizes sizes_;
  std::vector<Session> sessions_;
  std::vector<std::int32_t> ids_;
};

struct Spread {
  double min = 0, median = 0, max = 0;
};
Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  const double median = n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
  return {values.front(), median, values.back()};
}

/// Bits that the packed matrices take for each of the model's weights, embedding and head included, padding
/// too.
double bits_per_weight(const ModelState& state) {
  double bits = 0, weights = 0;
  const bool tied = head_is_tied(state.model.view());
  for (const PlanOp& op : state.ops) {
    if (op.weights == DType::automatic || (op.kind == OpKind::embed && tied)) continue;
    const bool table = op.kind == OpKind::embed;
    const std::int64_t packed =
        table ? catalog::packed_bytes(catalog::padded_outputs(op.k), op.n, op.weights) : op.weight_bytes;
    bits += 8.0 * static_cast<double>(packed);
    weights += static_cast<double>(op.n) * op.k;
  }
  return weights > 0 ? bits / weights : 0;
}

/// What one decoding step of all sessions reads, and how long one prompt token takes at the arithmetic
/// ceilings.
struct Demand {
  double decode_bytes = 0, prompt_s = 0;
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
  }
  return d;
}

struct Measured {
  Spread prompt, decode;
  double load_ms = 0, bits = 0;
  std::int64_t peak_bytes = 0;
  MachineLimits limits;
  double prompt_share = 0, decode_share = 0;
};

Result<Measured> measure(Runner& runner, const Sizes& sizes, std::uint64_t seed) {
  Measured m;
  TTT_TRY(Bench bench, Bench::create(runner, sizes, seed));
  const Progress progress = progress_bar("repetitions", Unit::count);
  std::vector<double> prompt, decode;
  for (int r = 0; r <= sizes.repeat; ++r) {  // the first touches memory for the first time: not counted
    TTT_TRY(const double p, bench.time_prompt());
    TTT_TRY(const double d, bench.time_decode());
    if (progress) progress(static_cast<std::uint64_t>(r), static_cast<std::uint64_t>(sizes.repeat));
    if (r == 0) continue;
    prompt.push_back(static_cast<double>(sizes.prompt) * sizes.batch / p);
    decode.push_back(static_cast<double>(sizes.decode) * sizes.batch / d);
  }
  m.prompt = spread_of(std::move(prompt));
  m.decode = spread_of(std::move(decode));
  m.peak_bytes = peak_memory_held();  // before measuring limits takes its own
  m.bits = bits_per_weight(runner.state());
  TTT_TRY(m.limits, measure_limits(runner.team(), runner.state().kernels->isa));
  const Demand d = demand_of(runner.state(), sizes, m.limits);
  m.decode_share = m.decode.median / sizes.batch * d.decode_bytes / m.limits.read_bytes_per_s;
  m.prompt_share = m.prompt.median * d.prompt_s;
  return m;
}

void write_phase(json::Writer& out, std::string_view name, int tokens, const Spread& s) {
  out.key(name).begin_object().member("tokens", tokens).key("tokens_per_s").begin_object();
  out.member("min", s.min).member("median", s.median).member("max", s.max).end_object().end_object();
}

std::string as_json(const Measured& m, const Sizes& s, const ModelState& state, const HowToRun& how,
                    const Found& found) {
  json::Writer out;
  out.begin_object();
  write_phase(out, "prompt", s.prompt, m.prompt);
  write_phase(out, "decode", s.decode, m.decode);
  out.member("load_ms", m.load_ms).member("packed_cache", name_of(state.weights.cached.kind));
  out.member("peak_bytes", m.peak_bytes).member("bits_per_weight", m.bits);
  out.key("limits").begin_object().member("read_gb_s", m.limits.read_bytes_per_s / 1e9);
  out.member("gflop_s", m.limits.flop_per_s / 1e9);
  out.member("bf16_gflop_s", m.limits.bf16_flop_per_s / 1e9).end_object();
  out.key("share_of_limit")
      .begin_object()
      .member("prompt", m.prompt_share)
      .member("decode", m.decode_share)
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
  return out + fmt::format("; {} threads, {}; {}\n", state.threads, state.kernels->name,
                           policy_line(state, how.preset));
}

Result<int> bench(const Arguments& arguments) {
  TTT_TRY(HowToRun how, how_to_run(arguments, "standard"));
  TTT_TRY(const Found found, find_config(arguments, how));
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
  const auto start = std::chrono::steady_clock::now();
  TTT_TRY(const std::unique_ptr<Runner> runner, load_runner(found, how));
  const double load_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (arguments.has("op")) {
    TTT_CHECK(bench_op(*runner, sizes, arguments, how, found));
    return 0;
  }
  TTT_TRY(Measured m, measure(*runner, sizes, static_cast<std::uint64_t>(arguments.whole("seed", 0))));
  m.load_ms = load_ms;
  TTT_CHECK(print(arguments.has("json") ? as_json(m, sizes, runner->state(), how, found)
                                        : as_text(m, sizes, runner->state(), how)));
  return 0;
}

constexpr std::string_view options[] = {"prompt_tokens", "decode", "depth",  "batch",   "repeat", "op", "threads",
                                        "device",        "policy", "preset", "variant", "packed_cache", "seed",   "json"};

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
