// Definitions of measurement.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/measurement.hpp>
#include <ttt/profile/walk.hpp>

namespace ttt {

namespace measuring {

/// Adds the records of one pass: the runs [begin, end) of the recorder.
inline double add_pass(const ThreadRecorder& r, int begin, int end, PhaseSamples& to) {
  const double tick = r.seconds_per_tick();
  for (OpSamples& op : to.ops) {
    op.wall.push_back(0);
    op.busy.push_back(0);
    op.unevenness.push_back(1);
  }
  double total = 0;
  for (int run = begin; run < end; ++run) {
    std::uint64_t from = r.begin(run);
    for (int o = 0; o < r.ops(run); ++o) {
      std::uint64_t last = from;
      double busy = 0, longest = 0;
      const int parts = r.parts(run, o);
      for (int p = 0; p < parts; ++p) {
        const PartRecord& part = r.part(run, o, p);
        // Who was the last to end may have begun the next a moment before another's end was read: cut off.
        const double ticks = static_cast<double>(part.end - std::min(part.end, std::max(part.begin, from)));
        busy += ticks;
        longest = std::max(longest, ticks);
        last = std::max(last, part.end);
        to.thread_busy[static_cast<std::size_t>(part.thread)] += ticks * tick;
      }
      OpSamples& op = to.ops[static_cast<std::size_t>(o)];
      op.wall.back() += static_cast<double>(last - from) * tick;
      op.busy.back() += busy * tick;
      if (parts > 1 && busy > 0) op.unevenness.back() = longest * parts / busy;
      from = last;
    }
    total += static_cast<double>(from - r.begin(run)) * tick;
  }
  to.pass.push_back(total);
  return total;
}

/// The parts of one pass. Passes of several steps are put end to end.
inline std::vector<TimelinePart> timeline_of(const ThreadRecorder& r, int begin, int end) {
  const double tick = r.seconds_per_tick();
  std::vector<TimelinePart> out;
  double before = 0;
  for (int run = begin; run < end; ++run) {
    const std::uint64_t start = r.begin(run);
    const auto at = [&](std::uint64_t t) { return before + static_cast<double>(t - std::min(t, start)) * tick; };
    for (int o = 0; o < r.ops(run); ++o)
      for (int p = 0; p < r.parts(run, o); ++p) {
        const PartRecord& part = r.part(run, o, p);
        out.push_back({o, p, part.thread, at(part.begin), at(part.end)});
      }
    before = at(r.end(run));
  }
  return out;
}

/// Takes the recorder's runs, `each` of them a pass, and empties it.
inline void take(ThreadRecorder& recorder, int each, PhaseSamples& to) {
  std::vector<double> totals;
  for (int run = 0; run + each <= recorder.runs(); run += each) totals.push_back(add_pass(recorder, run, run + each, to));
  if (totals.empty()) return;
  const double typical = Spread::of(totals).median;
  std::size_t nearest = 0;
  for (std::size_t i = 1; i < totals.size(); ++i)
    if (std::abs(totals[i] - typical) < std::abs(totals[nearest] - typical)) nearest = i;
  const int begin = static_cast<int>(nearest) * each;
  to.timeline = timeline_of(recorder, begin, begin + each);
  recorder.clear();
}

inline void forget(PhaseSamples& samples) {
  for (OpSamples& op : samples.ops) op = {};
  for (double& busy : samples.thread_busy) busy = 0;
  samples.pass.clear();
  samples.recorded.clear();
  samples.unrecorded.clear();
}

}  // namespace measuring

TTT_INLINE Result<Measurement> measure(Runner& runner, const ProfileOptions& options, std::span<const std::int32_t> ids,
                                       MachineWatch* machine) {
  const std::shared_ptr<const ModelState> state = runner.shared_state();
  TTT_TRY(measuring::Walk walk, measuring::Walk::create(runner, options, ids));
  const int chunks = static_cast<int>(walk.steps().size());
  const int parts = std::max(1, state->request.parts), threads = runner.team().size();
  TTT_TRY(ThreadRecorder recorder, ThreadRecorder::create(std::max(chunks, walk.decode_tokens()),
                                                          static_cast<int>(state->ops.size()), parts, threads));
  Measurement m;
  m.threads = threads;
  m.decode_tokens = walk.decode_tokens();
  m.repeat = std::max(1, options.repeat);
  m.prompt.tokens = walk.prompt_tokens();
  m.prompt.steps = walk.steps();
  m.decode.phase = Phase::decode;
  m.decode.tokens = 1;
  m.decode.depth = walk.prompt_tokens();
  m.decode.steps = {1};
  for (PhaseSamples* p : {&m.prompt, &m.decode}) {
    p->ops.resize(state->ops.size());
    p->thread_busy.assign(static_cast<std::size_t>(threads), 0.0);
  }
  reset_memory_peaks();
  LoadWatch watch;
  std::int64_t allocated = 0;
  for (int r = 0; r <= m.repeat; ++r) {  // the first touches memory for the first time: not counted
    if (r == 1) {
      measuring::forget(m.prompt);
      measuring::forget(m.decode);
      watch = LoadWatch();
      allocated = m.decode_steps = 0;
    }
    if (machine != nullptr && r > 0) machine->sample();
    // Prompts with and without the recorder in turn, and decoding steps too: what recording costs shows in the same run.
    const bool first = r % 2 == 0;
    for (const bool record : {first, !first}) {
      if (!record && r == 0) continue;
      TTT_TRY(const double seconds, walk.prompt(record ? &recorder : nullptr));
      (record ? m.prompt.recorded : m.prompt.unrecorded).push_back(seconds);
      if (record) measuring::take(recorder, chunks, m.prompt);
    }
    m.decode.recorded.reserve(m.decode.recorded.size() + static_cast<std::size_t>(walk.decode_tokens()));
    m.decode.unrecorded.reserve(m.decode.unrecorded.size() + static_cast<std::size_t>(walk.decode_tokens()));
    const std::uint64_t before = options.allocations != nullptr ? options.allocations() : 0;
    for (int t = 0; t < walk.decode_tokens(); ++t) {
      const bool record = (t + r) % 2 == 0 || walk.decode_tokens() == 1;
      TTT_TRY(const double seconds, walk.decode(record ? &recorder : nullptr));
      (record ? m.decode.recorded : m.decode.unrecorded).push_back(seconds);
    }
    if (options.allocations != nullptr) allocated += static_cast<std::int64_t>(options.allocations() - before);
    m.decode_steps += walk.decode_tokens();
    measuring::take(recorder, 1, m.decode);
    if (options.progress) options.progress(static_cast<std::uint64_t>(r), static_cast<std::uint64_t>(m.repeat));
  }
  m.signs = watch.signs();
  m.memory = memory_counters();
  if (options.allocations != nullptr) m.allocations = allocated;
  return m;
}

}  // namespace ttt
