// TuneOptions: what `tune` looks for, what it may not give up, and for how long.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/progress.hpp>
#include <ttt/io/result.hpp>
#include <ttt/policy/presets.hpp>
#include <ttt/profile/calibration.hpp>

namespace ttt {

/// What is to become less: the time of a decoding step, the time of a prompt, the plan's bytes, or the distance from fp32.
enum class TuneGoal : std::uint8_t { latency, throughput, memory, accuracy };
[[nodiscard]] constexpr std::string_view name_of(TuneGoal g) noexcept {
  constexpr std::string_view names[] = {"latency", "throughput", "memory", "accuracy"};
  return names[static_cast<std::size_t>(g)];
}
/// By name; `prompt` is `throughput`. Errors: tune_goal_unknown.
[[nodiscard]] Result<TuneGoal> tune_goal_named(std::string_view name);

/// What every configuration that is kept holds, on the text that numbers are verified on.
struct TuneFloor {
  std::optional<double> kl{};         ///< of the fp32 distribution to the model's, mean over positions, nats: at most
  std::optional<double> agreement{};  ///< share of positions whose likeliest token is the same: at least
  std::optional<Preset> preset{};     ///< both as this preset has them
};
/// `0.01` (KL), `kl=0.01`, `agreement=0.98`, both with a comma between, or a preset's name. Errors: tune_floor_malformed.
[[nodiscard]] Result<TuneFloor> tune_floor_from(std::string_view text);

struct TuneOptions {
  TuneGoal goal = TuneGoal::latency;
  std::optional<TuneFloor> floor{};  ///< absent: KL at most 0.01; for the goal accuracy none
  double minutes = 2;         ///< all that it takes, and what a kept state says was spent before
  double level = 0.05;        ///< at most so likely is it that anything at all is kept that does not help
  double least_gain = 0.005;  ///< a share of the time: less is not worth a line of policy
  double slack = 0.25;        ///< goals memory and accuracy: how much more time a step may take than where it began
  int prompt = 0;             ///< tokens of the prompt that is measured, or that steps are behind; 0: 128, or 256
  std::string text{};         ///< that numbers are verified on; needs the model's tokenizer
  std::vector<std::int32_t> ids{};  ///< or its token ids; without either a text of the library's, or random ids
  std::uint64_t seed = 0;     ///< of random ids, and of the coin that says which of two runs first
  bool presets = true;        ///< begin at the best preset; else at the model as it is
  std::string state_file{};   ///< read where it is there, and written after everything that was tried
  const std::atomic<bool>* stop = nullptr;  ///< set by whoever wants it to end; may be null
  CalibrationOptions calibration{};
  Progress progress{};        ///< called with tenths of seconds spent, and in all
};

}  // namespace ttt
