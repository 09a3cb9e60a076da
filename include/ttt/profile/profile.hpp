// profile(): measure a model, reckon what it should take, and say what to try.
#pragma once

#include <span>

#include <ttt/profile/profile_options.hpp>
#include <ttt/profile/profile_report.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

/// `ids`: the prompt; random ones where there are none. Nobody else steps the model's runner meanwhile.
/// Errors: profile_impossible (the model does not begin with an embedding, or holds one position), those of `measure` and
/// `calibrated`.
[[nodiscard]] Result<ProfileReport> profile(const TunedModel& model, const ProfileOptions& options = {},
                                            std::span<const std::int32_t> ids = {});

}  // namespace ttt
