// Definitions of tune.hpp.
#pragma once

#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/profile/tune.hpp>
#include <ttt/profile/tune_model_bench.hpp>
#include <ttt/profile/tune_passage.hpp>
#include <ttt/profile/tune_search.hpp>

namespace ttt {

namespace tuning {

/// Whether something is there that a state could be read from.
inline bool is_there(const std::string& file) {
  const auto opened = File::open(file);
  return opened || !opened.error().link.ends_with("#file_missing");
}

inline Result<TuneReport> run(TunedModel& model, const TuneOptions& options) {
  TuneState state;
  if (!options.state_file.empty() && is_there(options.state_file)) {
    TTT_TRY(state, load_tune_state(options.state_file));
  }
  TTT_TRY(const std::unique_ptr<ModelBench> bench, ModelBench::create(model, options));
  std::function<Result<void>(const TuneState&)> saved;
  if (!options.state_file.empty()) saved = [&](const TuneState& s) { return save_tune_state(s, options.state_file); };
  TTT_TRY(TuneReport report, tune_search(*bench, options, std::move(state), saved));
  const std::shared_ptr<const ModelState> now = model.runner()->shared_state();
  report.device = std::string(now->request.device.name);
  report.isa = std::string(now->kernels->name);
  LoadOptions best = model.options();
  best.preset = report.best.policy.preset.value_or(best.preset);
  best.policy = report.best.policy.whole;
  best.tuning = report.best.policy.tuning;
  TTT_CHECK(model.configure(best));
  return report;
}

/// With the tokens of a text. Errors: tokenizer_missing, those of encoding.
inline Result<TuneOptions> with_tokens(const LoadedModel& model, TuneOptions options) {
  if (!options.ids.empty() || (options.text.empty() && !model.tokenizer())) return options;
  TTT_TRY(options.ids, model.encode(options.text.empty() ? tune_passage : std::string_view(options.text)));
  return options;
}

}  // namespace tuning

TTT_INLINE Result<TuneReport> tune(TunedModel& model, const TuneOptions& options) { return tuning::run(model, options); }
TTT_INLINE Result<TuneReport> tune(const LoadedModel& model, const TuneOptions& options) {
  TTT_TRY(const TuneOptions with, tuning::with_tokens(model, options));
  return model.tune(with);
}
TTT_INLINE Result<TuneReport> LoadedModel::tune(const TuneOptions& options) const {
  TTT_TRY(const TuneOptions with, tuning::with_tokens(*this, options));
  return ttt::tune(*tuned_, with);
}

}  // namespace ttt
