// ProfileReport: what a model took, op by op, beside what it should, and what to try.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/plan/totals.hpp>
#include <ttt/policy/path_policy.hpp>
#include <ttt/profile/noise.hpp>
#include <ttt/profile/spread.hpp>

namespace ttt {

/// What an op's time is spent on.
enum class Bound : std::uint8_t { memory, compute, wait, overhead };
[[nodiscard]] constexpr std::string_view name_of(Bound b) noexcept {
  constexpr std::string_view names[] = {"memory", "compute", "wait", "overhead"};
  return names[static_cast<std::size_t>(b)];
}

/// What is wrong with a flagged row: it takes too long, or computes less precisely than the same op of the other layers.
enum class Fault : std::uint8_t { none, time, accuracy };
[[nodiscard]] constexpr std::string_view name_of(Fault f) noexcept {
  constexpr std::string_view names[] = {"none", "time", "accuracy"};
  return names[static_cast<std::size_t>(f)];
}

/// What a change does to a model's results.
enum class AccuracyChange : std::uint8_t { better, same, worse };
[[nodiscard]] constexpr std::string_view name_of(AccuracyChange a) noexcept {
  constexpr std::string_view names[] = {"better", "same", "worse"};
  return names[static_cast<std::size_t>(a)];
}

/// One change that can be made: accepted by the static checks, and with an effect by the model of expected times.
struct Suggestion {
  std::string policy;   ///< as --policy and `parse_policy` take it; empty where threads are what changes
  int threads = 0;      ///< to load the model with; 0: as it is
  std::string command;  ///< that measures the model with it
  std::string why;
  double delta_ms = 0;           ///< of a pass of the row's phase; less is faster
  double delta_prompt_ms = 0, delta_decode_ms = 0;
  std::int64_t delta_bytes = 0;  ///< of the plan's peak
  AccuracyChange accuracy = AccuracyChange::same;
};

/// One fused op, a module (its ops together), or the whole model. Times are of one pass.
struct ProfileRow {
  Phase phase = Phase::prompt;
  std::string path;    ///< `layers.3.attention.qkv`, `layers.3.attention`, `head`, `model`
  int layer = -1;      ///< -1: none
  std::string module;  ///< attention, mlp, embedding, ... ; `model`
  std::string op;      ///< qkv, scores, ... ; empty for a module
  std::string kernel;  ///< `avx2::gated<bf16, fp32, silu>`; empty for a module
  Spread actual_ms;
  double expected_ms = 0;
  double limit_ms = 0;   ///< the bytes at the rate of reading, or the FLOPs at the peak: what no kernel can beat
  double twins_ms = 0;   ///< the median of the same op in other layers; 0 without any
  double busy_ms = 0;    ///< of an average thread: in the op's parts; the rest of actual_ms it waits
  double flops = 0, bytes = 0;
  Bound bound = Bound::compute;
  double memory_use = 0, compute_use = 0;  ///< shares of the rate of reading, and of the instructions' peak
  double judged_ms = 0;  ///< what it is judged by: the median, or the calmest passes where something disturbed them
  double should_ms = 0;  ///< expected_ms, or twins_ms where it is out of line with them by its policy
  bool flaggable = false;  ///< worth a fix, and not what something else explains
  bool flagged = false;    ///< and judged_ms is at least `factor` times should_ms; or less precise than its like
  Fault fault = Fault::none;  ///< why
  std::vector<Suggestion> suggestions;
};

/// What `bottlenecks` finds.
struct Bottleneck {
  std::size_t row = 0;  ///< in ProfileReport::rows
  std::string path;
  int layer = -1;
  std::string module;
  Phase phase = Phase::prompt;
  double actual_ms = 0;
  double expected_ms = 0;  ///< what it should take: expected of its policy, or what the other layers take
  double saves = 0;        ///< share of a pass of its phase
  Fault fault = Fault::time;
  std::vector<Suggestion> suggestions;
};

/// One buffer of the plan, and the ops between which it is in use.
struct PlannedBuffer {
  std::string name;
  std::int64_t offset = 0, bytes = 0;  ///< in the arena
  int first_op = 0, last_op = 0;       ///< of a layer's ops; -1: all the time
};

/// How fast `bytes` are read again and again: from the cache they fit into, or from memory.
struct ReadingRate {
  double bytes = 0;
  double bytes_per_s = 0;
};

struct ProfileTotals {
  double prompt_ms = 0, decode_ms = 0;  ///< of one pass, the median
  Spread prompt, decode;                ///< by pass, ms
  double prompt_expected_ms = 0, decode_expected_ms = 0;
  int prompt_tokens = 0, decode_tokens = 0, repeat = 0;
  int prompt_passes = 0, decode_passes = 0;  ///< recorded: what the spreads are of
  int threads = 1, cores = 1;
  double recording_cost = 0;  ///< how much longer decoding steps with a recorder took; 0.01 is one percent
  std::int64_t peak_bytes = 0, planned_peak_bytes = 0;  ///< of weights, caches and activations: counted, and by the plan
  std::int64_t weights = 0, kv = 0, arena = 0;          ///< the plan's
  double allocations_per_step = -1;                     ///< in decoding; -1: not counted
  double read_bytes_per_s = 0;                          ///< from memory, now
  double fp32_flop_per_s = 0, bf16_flop_per_s = 0, int8_flop_per_s = 0;  ///< peaks, now
};

struct ProfileReport {
  double factor = 1.5;
  std::string model, device, isa, processor;
  std::vector<ProfileRow> rows;  ///< by phase; in each the model, then modules with their ops in the order of the plan
  ProfileTotals totals;
  Noise noise;
  std::vector<Suggestion> suggestions;  ///< for the model as a whole, whether or not anything is flagged
  std::vector<PlannedBuffer> buffers;
  std::vector<std::string> ops;         ///< paths, that timelines count
  std::vector<int> op_phases;           ///< of each of them: which op of its layer it is, as buffers count; -1: of none
  std::vector<ReadingRate> readings;    ///< of all threads now, ascending; the last is memory
  std::vector<TimelinePart> prompt_timeline, decode_timeline;

  /// First what is less precise than its like, then what takes at least `factor` times as long as it should, or as the same
  /// op of other layers, by what it would save.
  /// Rows of the model and of ops: a module's row is the sum of what it names.
  [[nodiscard]] std::vector<Bottleneck> bottlenecks(double factor) const;
  [[nodiscard]] std::vector<Bottleneck> bottlenecks() const { return bottlenecks(factor); }
};

}  // namespace ttt
