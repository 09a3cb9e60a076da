// What `ttt profile` and `ttt optimize` measure.
#pragma once

#include <optional>

#include <ttt/profile/profile_options.hpp>
#include <ttt/profile/tune_options.hpp>

#include "loading.hpp"
#include "saved_profile.hpp"

namespace ttt::tool {

/// Tokens of a prompt, and decoded behind it.
struct Lengths {
  int prompt = 512, decode = 64;
};
/// What --prompt, --decode, --repeat, --factor, --seed and --calibrate say, with the context to load the model with put into
/// `how`. Where no lengths are given they are the earlier report's, or `usual`, or as much as the model holds. `prompt_ids`: tokens
/// of a prompt that is given; 0: none. Errors: context_full.
[[nodiscard]] Result<ProfileOptions> profile_options(const Arguments& arguments, const Found& found, HowToRun& how,
                                                     const std::optional<SavedProfile>& earlier, Lengths usual,
                                                     std::size_t prompt_ids = 0);

/// The report that an option names, if it was given. Errors: those of read_saved_profile.
[[nodiscard]] Result<std::optional<SavedProfile>> given_report(const Arguments& arguments, std::string_view option);

/// What --floor says. Errors: option_value.
[[nodiscard]] Result<std::optional<TuneFloor>> given_floor(const Arguments& arguments);

/// The arguments with the model of an earlier report for MODEL where that was left out. Errors: command_incomplete.
[[nodiscard]] Result<Arguments> with_model_of(const Arguments& given, std::string_view command, std::string_view option,
                                              const std::optional<SavedProfile>& earlier);

}  // namespace ttt::tool
