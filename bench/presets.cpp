// What the presets of the CPU cost: every one of them on one model in one process, in rounds of a random order, as rows of a
// table: milliseconds of a prompt and of a decoding step (medians and middle halves of the rounds), time over that of
// `standard` (with a confidence interval of 95 %, from the rounds' ratios), bytes, and how far the logits are from fp32.
//
//     ninja -C build bench/presets && build/bench/presets MODEL [PROMPT=256] [DECODE=32] [ROUNDS=15] [THREADS]
//
// TTT_ISA=avx2 runs another level's kernels.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/find_model.hpp>
#include <ttt/everything.hpp>
#include <ttt/io/checkpoint.hpp>
#include <ttt/profile/logits_reference.hpp>
#include <ttt/profile/paired_passes.hpp>
#include <ttt/profile/spread.hpp>
#include <ttt/runtime/sampler.hpp>

namespace {

using namespace ttt;

constexpr Preset presets[] = {Preset::standard, Preset::exact, Preset::accuracy, Preset::balanced, Preset::speed, Preset::memory};

struct Request {
  std::string model;
  int prompt = 256, decode = 32, rounds = 15, threads = 0;
};
bool read(int argc, char** argv, Request& r) {
  int* const numbers[] = {&r.prompt, &r.decode, &r.rounds, &r.threads};
  if (argc < 2 || argc > 6) return false;
  r.model = argv[1];
  for (int i = 2; i < argc; ++i) {
    const char* const end = argv[i] + std::strlen(argv[i]);
    const auto parsed = std::from_chars(argv[i], end, *numbers[i - 2]);
    if (parsed.ec != std::errc() || parsed.ptr != end || *numbers[i - 2] < 1 || *numbers[i - 2] > 1 << 16) return false;
  }
  return true;
}

/// A preset, on a runner of its own.
struct Side {
  Preset preset;
  PassRunner runner;
  LogitsDistance distance;
  std::int64_t bytes;
  PhasePairs prompt{}, decode{};  ///< beside the rounds of the first
};

std::string cell(const PhasePairs& p) {
  const Spread s = Spread::of(p.after);
  const TimeRatio r = p.ratio();
  return fmt::format("{:.3g} ({:.3g} to {:.3g}) | {:.3f} ({:.3f} to {:.3f})", s.median, s.quarter, s.three_quarters, r.median, r.low, r.high);
}

Result<void> compare(const Request& request) {
  TTT_TRY(const std::string folder, find_model(request.model));
  TTT_TRY(const ModelConfig config, read_config(folder));
  TTT_TRY(Checkpoint checkpoint, Checkpoint::open(folder));
  const OwnedModel values(config.spec);
  LoadOptions options;
  options.names = config.names;
  options.threads = request.threads;
  options.workload.context = request.prompt + request.decode;
  TTT_TRY(const std::shared_ptr<TunedModel> model,
          TunedModel::create({.model = values.view(), .max_position = config.spec.max_sequence_length},
                             std::make_unique<CheckpointSource>(std::move(checkpoint), config.names), options));
  TTT_TRY(const LogitsReference reference, LogitsReference::create(*model, {}, 0));
  const ProfileOptions passes{.prompt = request.prompt, .decode = request.decode};
  std::vector<Side> sides;
  for (const Preset preset : presets) {
    LoadOptions with = model->options();
    with.preset = preset;
    TTT_TRY(const LogitsDistance distance, reference.distance(*model, with));
    TTT_TRY(std::shared_ptr<const ModelState> state, model->beside(with));
    const std::int64_t bytes = state->totals.peak;
    TTT_TRY(PassRunner runner, PassRunner::create(std::move(state), passes));
    sides.push_back({preset, std::move(runner), distance, bytes});
  }
  CounterRandom random;
  std::vector<std::size_t> order(sides.size());
  std::vector<PassTimes> times(sides.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int round = 0; round < request.rounds; ++round) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[static_cast<std::size_t>(random.next() * static_cast<double>(i))]);
    for (const std::size_t i : order) {
      TTT_TRY(times[i], sides[i].runner.run());
    }
    for (std::size_t i = 0; i < sides.size(); ++i) {
      sides[i].prompt.before.push_back(times[0].prompt_ms);
      sides[i].prompt.after.push_back(times[i].prompt_ms);
      sides[i].decode.before.push_back(times[0].decode_ms);
      sides[i].decode.after.push_back(times[i].decode_ms);
    }
  }
  const ModelState& state = model->runner()->state();
  fmt::print("{}: {} tokens, steps behind them; {}, {} threads, {} rounds\n\n", request.model, request.prompt, state.kernels->name,
             state.threads, request.rounds);
  fmt::print("| preset | prompt, ms | over `standard` | step, ms | over `standard` | MB | KL, arg-max |\n|---|---|---|---|---|---|---|\n");
  for (const Side& s : sides)
    fmt::print("| `{}` | {} | {} | {:.1f} | {:.2g}, {:.3f} |\n", name_of(s.preset), cell(s.prompt), cell(s.decode),
               static_cast<double>(s.bytes) / 1e6, s.distance.kl, s.distance.agreement);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  if (!read(argc, argv, request)) return std::fputs("presets MODEL [PROMPT [DECODE [ROUNDS [THREADS]]]]\n", stderr), 2;
  const auto done = compare(request);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().text().c_str()), 1;
  return 0;
}
