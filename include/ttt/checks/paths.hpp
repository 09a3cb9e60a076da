// Paths given at run time: refused with the sentence that `tune<path, policy>` refuses them with.
#pragma once

#include <span>

#include <ttt/io/result.hpp>
#include <ttt/policy/path_policy.hpp>
#include <ttt/types/view.hpp>

namespace ttt {

/// Errors: layer_is_not_there, path_names_nothing.
[[nodiscard]] Result<void> check_paths(const ModelView& model, std::span<const PathPolicy> tuning);

}  // namespace ttt
