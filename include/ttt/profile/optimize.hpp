// optimize(): apply what a profile suggests, one change at a time, and keep what helps and stays right.
//
//     auto report = model->profile(ttt::ProfileOptions{});
//     auto done = ttt::optimize(*model, *report);
//     for (const ttt::TriedChange& t : done->tried) fmt::print("{}: {}\n", t.suggestion.policy, t.outcome);
#pragma once

#include <string>
#include <vector>

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/profile/deviation.hpp>
#include <ttt/profile/profile_options.hpp>
#include <ttt/profile/profile_report.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

struct OptimizeOptions {
  /// Passes that are compared: `prompt` and `decode` tokens; `repeat`, `factor` and the rest are not used.
  ProfileOptions passes{.prompt = 128, .decode = 32};
  int pairs = 9;             ///< measurements of each change, in turns with the model as it was
  double least_gain = 0.02;  ///< share of a pass that a change must save to be kept
  double most_kl = 0.02;     ///< nats between the fp32 reference's next token and the model's, mean over positions
  double least_agreement = 0.9;  ///< share of positions where both find the same token likeliest
  int most_changes = 16;     ///< tried in all
  Progress progress{};       ///< called with changes tried, and at most
};

/// A change that was looked at, and what came of it.
struct TriedChange {
  std::string path;  ///< of the row that suggested it; `model`
  Suggestion suggestion;
  bool kept = false;
  std::string outcome;  ///< in words, with numbers
  /// Time with the change over time without, the median of the pairs; 0 where it was not measured.
  double prompt_ratio = 0, decode_ratio = 0;
  LogitsDistance distance{};  ///< from the fp32 reference, with the change
};

struct OptimizeReport {
  std::vector<TriedChange> tried;
  std::string policy;  ///< what was kept, as --policy and `parse_policy` take it; empty: nothing
  LogitsDistance before{}, after{};
};

/// Changes `model`. Bottlenecks come first, each until a suggestion has cured it, then what is suggested for the whole
/// model. A change is kept when one phase is faster in so many pairs that chance is no explanation (a sign test at 5 %), by
/// `least_gain` at least, the other no slower, and the logits are within the limits, or no farther from the reference than
/// they were; what was suggested for accuracy, when they come closer. The number of threads cannot be changed here.
/// Nobody else steps the model meanwhile. Errors: those of `measure` and `verify`; a change that is refused is none.
[[nodiscard]] Result<OptimizeReport> optimize(TunedModel& model, const ProfileReport& report,
                                              const OptimizeOptions& options = {});
[[nodiscard]] inline Result<OptimizeReport> optimize(const LoadedModel& model, const ProfileReport& report,
                                                     const OptimizeOptions& options = {}) {
  return model.optimize(report, options);
}

}  // namespace ttt
