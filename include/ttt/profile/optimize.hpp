// optimize(): apply what a profile suggests, one change at a time, and keep what helps and stays right.
//
//     auto report = model->profile(ttt::ProfileOptions{});
//     auto done = ttt::optimize(*model, *report);
//     for (const ttt::TriedChange& t : done->tried) fmt::print("{}: {}\n", t.suggestion.policy, t.outcome);
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/profile/deviation.hpp>
#include <ttt/profile/pass_times.hpp>
#include <ttt/profile/profile_options.hpp>
#include <ttt/profile/profile_report.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

struct OptimizeOptions {
  /// Passes that are compared: `prompt` and `decode` tokens, of random ids by `seed`; the rest is not used.
  ProfileOptions passes{.prompt = 128, .decode = 32};
  int pairs = 12;            ///< measurements of each change, in turns with the model as it was; thrice as many where they do not decide
  double level = 0.05;       ///< at most so likely is it that anything at all is kept that does not help
  double least_gain = 0.02;  ///< share of a pass that a change must save to be kept
  double most_kl = 0.01;     ///< nats between the fp32 reference's next token and the model's, mean over positions
  double least_agreement = 0;            ///< share of positions where both find the same token likeliest
  std::optional<Preset> as_near_as{};    ///< and both as this preset by itself has them
  std::vector<std::int32_t> ids{};       ///< that numbers are verified on; empty: random ones
  int most_changes = 16;     ///< tried in all
  const std::atomic<bool>* stop = nullptr;  ///< set by whoever wants it to end; may be null
  Progress progress{};       ///< called with changes tried, and at most
};

/// What came of a change.
enum class ChangeOutcome : std::uint8_t {
  kept,
  no_faster,   ///< no gain that can be told from noise, or one too small
  slower,      ///< in one phase, beyond the noise
  inaccurate,  ///< results differ too much from fp32
  no_closer,   ///< it was to restore accuracy, and does not
  refused,     ///< by the static checks, or there is no memory for it
  same         ///< what it would change has been changed already
};
[[nodiscard]] constexpr std::string_view name_of(ChangeOutcome o) noexcept {
  constexpr std::string_view names[] = {"kept", "no_faster", "slower", "inaccurate", "no_closer", "refused", "same"};
  return names[static_cast<std::size_t>(o)];
}

/// A change that was looked at, and what came of it.
struct TriedChange {
  std::string path;  ///< of the row that suggested it; `model`
  Suggestion suggestion;
  bool kept = false;
  ChangeOutcome result = ChangeOutcome::same;
  std::string outcome;  ///< in words, with numbers
  /// Time with the change over time without, the median of the pairs; 0 where it was not measured.
  double prompt_ratio = 0, decode_ratio = 0;
  PassTimes before{}, after{};
  int pairs = 0;
  LogitsDistance distance{};  ///< from the fp32 reference, with the change; where it was looked at
};

/// The model before or after all changes.
struct OptimizeSide {
  PassTimes times{};
  std::int64_t bytes = 0;  ///< of the plan's peak
  double kl = 0, agreement = 1;
};

struct OptimizeReport {
  std::string model, device, isa;
  std::vector<TriedChange> tried;
  std::string policy;  ///< what was kept, as --policy and `parse_policy` take it; empty: nothing
  int threads = 0;     ///< and the number of threads to load the model with; 0: as it is
  PolicySet all;       ///< what the model runs with now: what it was loaded with and what was kept
  OptimizeSide before{}, after{};
  TimeRatio prompt{}, decode{};  ///< of all changes together, in fresh pairs
  int pairs = 0;                 ///< of those; 0: nothing was kept, or it was interrupted
  double most_kl = 0, least_agreement = 0;  ///< that held
  bool interrupted = false;
};

/// Changes `model`. Bottlenecks come first, each until a suggestion has cured it, then what is suggested for the whole
/// model. A change is kept when a phase that it is to help is faster in so many pairs that chance is no explanation (a
/// signed-rank test at `level`, shared by all changes, phases and looks), by `least_gain` at least, the other no slower, and the logits are within the limits, or hardly farther from the
/// reference than they were at first; what was suggested for accuracy, when they come closer. A model keeps its threads: another
/// number is measured beside it, and stands in the report. Nobody else steps the model meanwhile.
/// Errors: verify_impossible, token_out_of_range, does_not_fit, those of steps; a change that is refused is none.
[[nodiscard]] Result<OptimizeReport> optimize(TunedModel& model, const ProfileReport& report,
                                              const OptimizeOptions& options = {});
/// With the tokens of a passage of the library's, where the model has a tokenizer and `ids` are not given.
[[nodiscard]] inline Result<OptimizeReport> optimize(const LoadedModel& model, const ProfileReport& report,
                                                     const OptimizeOptions& options = {}) {
  return model.optimize(report, options);
}

}  // namespace ttt
