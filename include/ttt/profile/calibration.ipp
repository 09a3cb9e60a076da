// Definitions of calibration.hpp, but for what is kept in a file.
#pragma once

#include <algorithm>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/calibration.hpp>
#include <ttt/profile/kernel_rates.hpp>
#include <ttt/profile/limit_loops.hpp>
#include <ttt/profile/limit_rates.hpp>
#include <ttt/profile/load_signs.hpp>
#include <ttt/profile/op_overhead.hpp>
#include <ttt/profile/probe.hpp>
#include <ttt/profile/processor.hpp>
#include <ttt/profile/spread.hpp>
#include <ttt/runtime/cores.hpp>
#include <ttt/runtime/memory.hpp>

namespace ttt {

namespace calibrating {

inline constexpr double arithmetic_s = 0.015, reading_s = 0.008, memory_s = 0.025, sample_s = 0.002;  ///< of one probe
inline constexpr std::size_t least_memory = std::size_t{64} << 20;

inline void no_part(const void*, kernels::Part) noexcept {}

/// Ops that read what all parts of the op before have written, and write as much: what it takes to get at numbers in
/// another core's cache.
struct Passing {
  const float* from;
  float* to;
  int floats;  ///< of all parts
  int shares;  ///< that they are written in: one thread by itself writes one of them too
};
inline void pass_part(const void* work, kernels::Part part) noexcept {
  const Passing& p = *static_cast<const Passing*>(work);
  float sums[16] = {};
  for (int i = 0; i + 16 <= p.floats; i += 16)
    for (int j = 0; j < 16; ++j) sums[j] += p.from[i + j];
  const int mine = p.floats / p.shares;
  for (int i = part.index * mine; i < (part.index + 1) * mine; ++i) p.to[i] = 0.01F + 1e-9F * sums[i & 15];
}
inline double op_seconds(ThreadTeam& team) {
  const std::vector<TeamOp> program(200, TeamOp{no_part, nullptr, team.size()});
  return probing::seconds_of(arithmetic_s, [&] { team.run(program); }) / static_cast<double>(program.size());
}
inline double passing_seconds(ThreadTeam& team, float* room, int floats, int shares) {
  const Passing there{room, room + floats, floats, shares}, back{room + floats, room, floats, shares};
  std::vector<TeamOp> program;
  for (int i = 0; i < 64; ++i) program.push_back({pass_part, i % 2 == 0 ? &there : &back, team.size()});
  return probing::seconds_of(arithmetic_s, [&] { team.run(program); }) / static_cast<double>(program.size());
}
/// `alone`: one thread, where nothing is waited for and all is at hand.
inline void measure_passing(ThreadTeam& team, ThreadTeam& alone, float* room, ThreadsAtWork& at) {
  constexpr int floats = 65536;  // as many as a prompt's rows: they do not stay in a core's nearest cache
  at.op_s = op_seconds(team);
  if (team.size() == 1) return;
  const double together = passing_seconds(team, room, floats, team.size());
  const double by_one = passing_seconds(alone, room, floats, team.size());
  // All parts read everything, of which others have written all but a share.
  const double foreign = 4.0 * floats * (team.size() - 1) / team.size();
  at.exchange_s = std::max(0.0, together - by_one - at.op_s) / foreign;
}

/// Working sets to read: by factors of two between, and closer around, a core's caches and all of memory.
inline std::vector<std::size_t> working_sets(std::size_t memory) {
  std::vector<std::size_t> sets;
  for (const std::size_t kib : {256, 512, 1024, 2048, 4096, 8192, 16384, 24576, 32768, 49152, 65536, 98304, 131072, 196608})
    if (kib << 10 < memory) sets.push_back(kib << 10);
  sets.push_back(memory);
  return sets;
}

/// Thread counts to measure: 1, 2, 4, ... and all cores.
inline std::vector<int> thread_counts(int cores) {
  std::vector<int> counts;
  for (int n = 1; n < cores; n *= 2) counts.push_back(n);
  counts.push_back(std::max(1, cores));
  return counts;
}

/// Memory to stream from, touched; less of it where there is not enough.
inline Result<Buffer> memory_for(int cores) {
  std::size_t bytes = std::max(std::size_t{256} << 20, static_cast<std::size_t>(cores) * (std::size_t{8} << 20));
  for (;; bytes /= 2) {
    Result<Buffer> memory = Buffer::create(bytes, MemoryClass::staging, "measuring memory");
    if (memory || bytes / 2 < least_memory) return memory;
  }
}

}  // namespace calibrating

TTT_INLINE const ThreadsAtWork& Calibration::with(int count) const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < threads.size(); ++i)
    if (threads[i].threads <= count) found = i;
  return threads[found];
}

TTT_INLINE Result<Calibration> measure_calibration(const kernels::KernelTable& table, const Progress& progress) {
  using namespace calibrating;
  const double start = probing::now();
  const LoadWatch watch;
  Calibration c;
  c.processor = processor_identity();
  c.isa = table.name;
  const int cores = std::min(available_cores(), ThreadTeam::max_threads);
  const std::vector<int> counts = thread_counts(cores);
  const probing::LimitLoops loops = probing::loops_for(table.isa);
  TTT_TRY(Buffer memory, memory_for(cores));
  TTT_TRY(const std::unique_ptr<ThreadTeam> alone, ThreadTeam::create(1));
  std::unique_ptr<ThreadTeam> team;
  const std::uint64_t steps = counts.size() + 1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    TTT_TRY(team, ThreadTeam::create(counts[i]));
    if (i == 0) probing::fill(*team, memory.data(), memory.size());
    ThreadsAtWork at;
    at.threads = counts[i];
    for (const std::size_t set : working_sets(memory.size())) {
      const double budget = set >= (std::size_t{128} << 20) ? memory_s : reading_s;
      const double rate = probing::read_rate(*team, loops, memory.data(), set, budget);
      at.reading.push_back({static_cast<double>(set), rate, i == 0 ? rate : 0});
    }
    for (std::size_t p = 0; i > 0 && p < at.reading.size(); ++p)
      at.reading[p].alone_bytes_per_s = c.threads[0].reading[p].bytes_per_s;
    // More bytes are never read faster: a point that says so was disturbed, or the one before it was.
    for (std::size_t p = at.reading.size(); p-- > 1;)
      at.reading[p - 1].bytes_per_s = std::max(at.reading[p - 1].bytes_per_s, at.reading[p].bytes_per_s);
    if (i == 0)
      for (DeviceRates::Reading& p : at.reading) p.alone_bytes_per_s = p.bytes_per_s;
    at.fp32_flop_per_s = probing::compute_rate(*team, loops.fp32, loops.fp32_flops, arithmetic_s);
    at.bf16_flop_per_s = probing::compute_rate(*team, loops.bf16, loops.bf16_flops, arithmetic_s);
    at.int8_flop_per_s = probing::compute_rate(*team, loops.int8, loops.int8_flops, arithmetic_s);
    measure_passing(*team, *alone, memory.as<float>(), at);
    c.threads.push_back(std::move(at));
    if (progress) progress(i + 1, steps);
  }
  const auto read = [&](std::size_t bytes, double budget) {
    return probing::read_rate(*team, loops, memory.data(), bytes, budget);
  };
  TTT_TRY(c.kernels, measure_kernel_rates(table, memory, *team, read));
  TTT_TRY(const double slowdown, measure_slowdown(table, memory, *team));
  for (ThreadsAtWork& t : c.threads)
    if (cores > 1) t.slowdown = 1 + (slowdown - 1) * (t.threads - 1) / (cores - 1);
  for (ThreadsAtWork& t : c.threads)
    if (const auto overhead = measure_op_overhead(table, rates_of(c, t.threads), t.threads); overhead)
      t.op_s = std::max(t.op_s, *overhead);
  if (progress) progress(steps, steps);
  c.seconds = probing::now() - start;
  c.busy_cores = watch.signs().others;
  return c;
}

TTT_INLINE DeviceRates rates_of(const Calibration& calibration, int threads, MachineNow now) {
  const ThreadsAtWork& at = calibration.with(threads);
  const ThreadsAtWork& alone = calibration.threads.front();
  DeviceRates r;
  // What lies farther than the set that was sampled is shared with whoever else is on the machine; nearer caches go with
  // the clock.
  for (const DeviceRates::Reading& p : at.reading) {
    if (r.readings == DeviceRates::most_readings) break;
    const double scale = 2 * p.bytes >= now.set ? now.memory : now.arithmetic;
    r.reading[r.readings++] = {p.bytes, p.bytes_per_s * scale, p.alone_bytes_per_s * scale};
  }
  const double fp32 = at.fp32_flop_per_s * now.arithmetic;
  const double bf16 = at.bf16_flop_per_s > 0 ? at.bf16_flop_per_s * now.arithmetic : fp32;
  const double int8 = at.int8_flop_per_s > 0 ? at.int8_flop_per_s * now.arithmetic : bf16;
  r.peak_flop_per_s = {int8, bf16, bf16 / 2, fp32};
  const double clock = now.arithmetic > 0 ? now.arithmetic : 1;
  r.op_s = at.op_s / clock;
  r.exchange_s = at.exchange_s / clock;
  r.threads = at.threads;
  const double each = at.fp32_flop_per_s / at.threads;
  r.thread_slowdown = std::max(at.slowdown, each > 0 ? alone.fp32_flop_per_s / each / clock : 1);
  r.kernels = calibration.kernels;
  r.kernels_measured = true;
  return r;
}

TTT_INLINE Result<MachineWatch> MachineWatch::create(const Calibration& calibration, ThreadTeam& team, kernels::Isa isa,
                                                     double set) {
  MachineWatch w(calibration.with(team.size()), team, isa);
  constexpr double least = 1 << 20, most = 96 << 20;
  const auto bytes = static_cast<std::size_t>(std::clamp(set, least, most));
  TTT_TRY(w.memory_, Buffer::create(bytes, MemoryClass::staging, "measuring memory"));
  probing::fill(team, w.memory_.data(), bytes);
  return w;
}

TTT_INLINE void MachineWatch::sample() {
  const probing::LimitLoops loops = probing::loops_for(isa_);
  DeviceRates then;
  for (const DeviceRates::Reading& p : then_->reading)
    if (then.readings < DeviceRates::most_readings) then.reading[then.readings++] = p;
  const double known = then.reading_of(static_cast<double>(memory_.size())).bytes_per_s;
  const double read = probing::read_rate(*team_, loops, memory_.data(), memory_.size(), calibrating::sample_s);
  if (known > 0) reading_.push_back(read / known);
  const double computed = probing::compute_rate(*team_, loops.fp32, loops.fp32_flops, calibrating::sample_s);
  if (then_->fp32_flop_per_s > 0) computing_.push_back(computed / then_->fp32_flop_per_s);
}

TTT_INLINE MachineNow MachineWatch::now() const {
  MachineNow n;
  n.set = static_cast<double>(memory_.size());
  // Memory is slower while others use it, for as long as they do. The clock seldom moves: what slows arithmetic down is
  // somebody else on the core, which is no property of the machine.
  if (!reading_.empty()) n.memory = std::clamp(Spread::of(reading_).median, 0.05, 4.0);
  if (!computing_.empty()) n.arithmetic = std::clamp(Spread::of(computing_).max, 0.05, 4.0);
  return n;
}

}  // namespace ttt
