// verify(): compare a model as it is configured with the fp32 reference, or with another framework's activations.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <ttt/profile/verify_options.hpp>
#include <ttt/profile/verify_report.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// Runs the tokens through the model as it is, and once more with every module on the reference's inputs, so that its own
/// error is told apart from what it inherits. Both run the plan as it ships, on a runner of their own beside the model's.
/// What the reference made stays with the model (TunedModel::recording), for modules to be looked at again.
///
/// Errors: verify_impossible (the model does not begin with an embedding, too few tokens), does_not_fit,
/// token_out_of_range, those of `read_activations` and of Runner::step.
[[nodiscard]] Result<VerifyReport> verify(TunedModel& model, const VerifyOptions& options = {});

/// The modules that a path names, alone, on the inputs of a recording; without one, on those of the model's last
/// `verify`, or of a reference that is run for it. Nothing else of the model runs but the embedding.
/// Errors: path_names_nothing, and as above.
[[nodiscard]] Result<VerifyReport> verify_module(TunedModel& model, std::string_view path, const VerifyOptions& options = {},
                                                 std::shared_ptr<const Recording> recording = nullptr);

}  // namespace ttt
