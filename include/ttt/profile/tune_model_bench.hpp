// ModelBench: a loaded model as the bench of a search, two configurations of it side by side in one process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/logits_reference.hpp>
#include <ttt/profile/tune_bench.hpp>
#include <ttt/profile/tune_options.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// Both run on runners of their own beside the model's, with as many threads, and share what is packed alike. Requires: the
/// model stays, and nobody steps it meanwhile.
class ModelBench final : public TuneBench {
 public:
  /// Runs the fp32 reference. `ids`: what numbers are verified on; empty: random ones.
  /// Errors: tune_impossible (no embedding, no room for a prompt), token_out_of_range, does_not_fit, those of steps.
  [[nodiscard]] static Result<std::unique_ptr<ModelBench>> create(TunedModel& model, const TuneOptions& options);

  [[nodiscard]] TTT_INLINE double seconds() override;
  [[nodiscard]] TTT_INLINE PolicySet given() override;
  [[nodiscard]] std::string model_identity() override { return model_identity_; }
  [[nodiscard]] std::string machine_identity() override { return machine_identity_; }
  [[nodiscard]] TTT_INLINE Result<TuneLook> look(const PolicySet& set) override;
  [[nodiscard]] TTT_INLINE Result<void> prepare(const PolicySet& set) override;
  [[nodiscard]] TTT_INLINE Result<LogitsDistance> distance() override;
  [[nodiscard]] TTT_INLINE Result<std::array<double, 4>> round(bool b_first) override;
  TTT_INLINE void adopt() override;
  [[nodiscard]] TTT_INLINE Result<std::vector<TuneCandidate>> candidates() override;

 private:
  /// One configuration, ready to step.
  struct Side {
    PolicySet set;
    std::unique_ptr<Runner> runner;
    std::optional<Session> session;  ///< that is measured
    double unit = 0;                 ///< seconds of a step or a prompt, roughly
  };
  ModelBench(TunedModel& model, const TuneOptions& options) : model_(model), options_(options), base_(model.options()) {}
  [[nodiscard]] LoadOptions options_for(const PolicySet& set) const;
  [[nodiscard]] Result<void> prompt(Side& side) const;
  /// Seconds of one unit, the median of several.
  [[nodiscard]] Result<double> slice(Side& side, int count) const;
  [[nodiscard]] double expected(const ModelState& state) const;

  TunedModel& model_;
  const TuneOptions& options_;
  LoadOptions base_;
  Workload workload_{};
  int prompt_ = 1, room_ = 1;      ///< tokens of the prompt; steps behind it
  std::vector<std::int32_t> walk_;
  std::optional<LogitsReference> reference_;
  std::string model_identity_, machine_identity_;
  Side best_, tried_;
  std::optional<DeviceRates> rates_;
};

}  // namespace ttt
