// Measurement: a model's prompts and decoding steps run as they always are, with the times of every op and thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <ttt/profile/calibration.hpp>
#include <ttt/profile/load_signs.hpp>
#include <ttt/profile/profile_options.hpp>
#include <ttt/profile/spread.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/runner.hpp>
#include <ttt/runtime/thread_recorder.hpp>

namespace ttt {

/// The two kinds of work a model does. A *pass* is the whole prompt, in as many steps as it has chunks, or one decoding step.
enum class Phase : std::uint8_t { prompt, decode };
[[nodiscard]] constexpr std::string_view name_of(Phase p) noexcept { return p == Phase::prompt ? "prompt" : "decode"; }

/// One op over the passes of a phase, in seconds. An op's time runs from the end of the op before to its own, so that the
/// ops' times add up to the pass.
struct OpSamples {
  std::vector<double> wall;  ///< by pass
  std::vector<double> busy;  ///< by pass: all threads' time in the op's parts together
  /// By pass: the longest part in proportion to the mean of its op, where there are several parts.
  std::vector<double> unevenness;
};

/// A part as it ran in the typical pass, in seconds since the pass began.
struct TimelinePart {
  int op = 0;  ///< in ModelState::ops
  int part = 0;
  int thread = 0;
  double begin = 0, end = 0;
};

struct PhaseSamples {
  Phase phase = Phase::prompt;
  int tokens = 0;  ///< of a pass
  int depth = 0;   ///< positions behind the first of them
  std::vector<int> steps;         ///< rows of each step of a pass
  std::vector<OpSamples> ops;     ///< in the order of ModelState::ops
  std::vector<double> pass;       ///< seconds of each recorded pass
  std::vector<double> unrecorded; ///< seconds of passes in between that ran without a recorder, by the clock
  std::vector<double> recorded;   ///< and of the recorded ones, by the same clock
  std::vector<double> thread_busy;  ///< by thread: seconds in parts of all recorded passes together
  std::vector<TimelinePart> timeline;  ///< of the pass nearest to the median of the last repetition
};

struct Measurement {
  PhaseSamples prompt, decode;
  LoadSigns signs;         ///< of what else the machine did meanwhile
  MemoryCounters memory;   ///< with peaks since the measurement began
  std::int64_t allocations = -1;  ///< heap allocations during decoding steps; -1: not counted
  std::int64_t decode_steps = 0;  ///< that they were counted over
  int decode_tokens = 0, repeat = 0;
  int threads = 1;
};

/// Runs prompts and decoding steps of random ids, or of `ids` for the prompt. Requires: the runner's model begins with an
/// embedding, was loaded for a context of at least two positions, and nobody else steps the runner meanwhile.
/// `watch`: samples the machine between the repetitions; may be null.
/// Errors: those of Session::create, Runner::step and ThreadRecorder::create.
[[nodiscard]] Result<Measurement> measure(Runner& runner, const ProfileOptions& options,
                                          std::span<const std::int32_t> ids = {}, MachineWatch* watch = nullptr);

}  // namespace ttt
