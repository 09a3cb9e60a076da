// TuneReport: what a search for policies found, and everything it tried.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/tune_options.hpp>

namespace ttt {

/// What became of something that was tried.
enum class TuneOutcome : std::uint8_t {
  kept,
  no_better,    ///< no gain that can be told from noise, or one too small
  inaccurate,   ///< outside the floor
  refused,      ///< by the static checks, or there is no memory for it
  same,         ///< as what there was already
  unpromising   ///< expected to be slower, or no smaller: not measured
};
[[nodiscard]] constexpr std::string_view name_of(TuneOutcome o) noexcept {
  constexpr std::string_view names[] = {"kept", "no_better", "inaccurate", "refused", "same", "unpromising"};
  return names[static_cast<std::size_t>(o)];
}

/// A change to try on top of what is kept by then.
struct TuneCandidate {
  std::string policy;  ///< as `parse_policy` reads it
  std::string why;
  double gain = 0;     ///< share of the goal that it is expected to save; the largest comes first
  int first = -1, last = -1;  ///< layers that it is about, to be halved where it costs too much accuracy; -1: none
  bool advised = false;  ///< by a profile, which has seen what expected times do not know
  bool truer = false;    ///< meant to make results more accurate, whatever that costs in time
  bool operator==(const TuneCandidate&) const = default;
};

struct TuneTrial {
  std::string preset;  ///< where a preset was tried
  std::string policy;  ///< else the change
  std::string why;
  TuneOutcome outcome = TuneOutcome::same;
  int rounds = 0;       ///< of paired measurements
  double ratio = 1, low = 1, high = 1;  ///< its time by that of what was kept before; 95 %
  double p = 1;         ///< corrected for all looks and tests of a search
  double kl = 0, agreement = 0;
  std::int64_t bytes = 0;
  double at = 0;        ///< seconds of the search when it was done
  std::string note;     ///< why it was refused
  bool operator==(const TuneTrial&) const = default;
};

/// A search as it stands, so that it can go on another time.
struct TuneState {
  /// What must be the same for what was measured to mean anything.
  std::string model, machine, how;
  bool listed = false;  ///< whether `candidates` are there
  std::vector<TuneCandidate> candidates;
  std::vector<TuneTrial> tried;
  double spent = 0;     ///< seconds
};

/// A configuration as it was measured.
struct TuneSide {
  PolicySet policy;
  double ms = 0;        ///< of a decoding step, or of a prompt: the median
  std::int64_t bytes = 0;
  double kl = 0, agreement = 1;
};

struct TuneReport {
  std::string model, device, isa;
  TuneGoal goal = TuneGoal::latency;
  double floor_kl = 0, floor_agreement = 0;  ///< resolved; infinite and 0: none
  double level = 0.05;
  TuneSide baseline;    ///< where it began: the best preset, or the model as it was
  TuneSide best;
  double ratio = 1, low = 1, high = 1;  ///< time of the best by that of the baseline, measured once more at the end
  int rounds = 0;
  std::vector<TuneTrial> tried;
  TuneState state;      ///< to go on from
  std::size_t left = 0;      ///< candidates that there was no time for
  double seconds = 0;
  bool interrupted = false;
  std::vector<std::string> notes;
};

}  // namespace ttt
