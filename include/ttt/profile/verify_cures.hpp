// From modules that are wrong to changes of policy that were tried and cure them.
#pragma once

#include <ttt/profile/recording.hpp>
#include <ttt/profile/verify_options.hpp>
#include <ttt/profile/verify_report.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// Fills `cures` of the first wrong modules. A change is planned and passes the static checks, then the module alone is run
/// under it on `inputs`; it is a cure if the module's own error is no longer wrong and at most half of what it was.
/// `against`: what the module should make of them, where `inputs` does not say. Errors: out_of_memory, those of steps.
[[nodiscard]] Result<void> find_cures(const TunedModel& model, const Recording& inputs, const VerifyOptions& options,
                                      double rounding, VerifyReport& report, const Recording* against = nullptr);

}  // namespace ttt
