// tune(): search for the policies that serve a goal best.
#pragma once

#include <ttt/profile/tune_options.hpp>
#include <ttt/profile/tune_report.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

class LoadedModel;

/// Begins at the best preset within the floor and tries changes, from whole models down to runs of layers: each is checked,
/// its logits are compared with fp32, and it is measured in turn with what was kept before. Kept is what helps by an exact
/// paired test at `level` for the whole search (profile/paired_test.hpp). Knobs that the model was loaded with stay.
/// Afterwards the model runs as the report's best; `undo()` takes that back. Refused or failed, it runs as before.
///
/// Errors: tune_impossible, tune_floor_unreachable, tune_state_differs, tune_state_malformed, tokenizer_missing (`text`
/// without a tokenizer), does_not_fit, those of steps and of files.
[[nodiscard]] Result<TuneReport> tune(TunedModel& model, const TuneOptions& options = {});
[[nodiscard]] Result<TuneReport> tune(const LoadedModel& model, const TuneOptions& options = {});

}  // namespace ttt
