// Variants compiled ahead of time, as the command finds and makes them.
#pragma once

#include <optional>
#include <string>

#include <ttt/adaptor/compiled_variant.hpp>

#include "loading.hpp"

namespace ttt::tool {

/// Which build of ttt this is: variants made for another are not found.
[[nodiscard]] std::string build_identity();

/// What a compiled variant is made for and found by: the model under the policy, with the format its weights are stored
/// in (config.json's where there are none). Errors: those of plan_state.
[[nodiscard]] Result<std::shared_ptr<ModelState>> plan_to_compile(const ModelConfig& config, const HowToRun& how);

/// The variant there is for a model. Under --variant auto whatever is wrong with it is a note, and there is none.
/// Errors (--variant compiled): compiled_variant_missing, which names the command to run, and those of find_compiled.
[[nodiscard]] Result<std::optional<CompiledVariant>> compiled_variant(const Arguments& arguments,
                                                                      const ModelConfig& config, const HowToRun& how);

/// The compiler, headers, flags and limit that the environment names.
[[nodiscard]] Result<CompileHow> how_to_compile();

}  // namespace ttt::tool
