// LogitsReference: the next tokens of a text as fp32 finds them, which configurations of a model are held against.
#pragma once

#include <cstdint>
#include <vector>

#include <ttt/profile/deviation.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// The model on the processor, at its level of instructions, in fp32 (preset `exact`, nothing tuned), run once over a text: all
/// but its last eighth as a prompt, and that one by one. An emulated device's numbers are held against it too.
class LogitsReference {
 public:
  /// `ids`: the text; empty: 128 random ones of `seed`, or as many as the model holds.
  /// Errors: token_out_of_range, verify_impossible (the model makes no logits of tokens), does_not_fit, those of steps.
  [[nodiscard]] static Result<LogitsReference> create(const TunedModel& model, std::vector<std::int32_t> ids, std::uint64_t seed);

  /// How far a configuration is from it. `runner` has room for the text; what it ran before does not matter. Errors: those of steps.
  [[nodiscard]] Result<LogitsDistance> distance(Runner& runner) const;
  /// Of the model under other options, or its own; what they pack alike is shared. Errors: also those of TunedModel::beside.
  [[nodiscard]] Result<LogitsDistance> distance(const TunedModel& model, const LoadOptions& options) const;

  [[nodiscard]] const std::vector<std::int32_t>& ids() const { return ids_; }
  /// [ids, vocabulary].
  [[nodiscard]] const std::vector<float>& logits() const { return logits_; }

 private:
  LogitsReference() = default;
  [[nodiscard]] LoadOptions with_room(LoadOptions options) const;
  [[nodiscard]] Result<std::vector<float>> logits_of(Runner& runner) const;
  std::vector<std::int32_t> ids_;
  std::vector<float> logits_;
};

}  // namespace ttt
