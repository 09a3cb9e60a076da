// Policies by path at run time: what `tune<path, policy>` does to a type, done to values.
#pragma once

#include <span>
#include <vector>

#include <ttt/policy/configured.hpp>
#include <ttt/policy/path_policy.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

/// A model with memory of its own, and what was said for its modules, parallel to its runs.
struct ConfiguredRuns {
  OwnedModel model;
  std::vector<std::vector<WrittenConfig>> written;
};

/// The model cut into runs of modules that run alike, with the policies of `tuning` over those of `written` (empty: none
/// yet). Paths that name nothing change nothing (`checks::check_paths` refuses them).
[[nodiscard]] ConfiguredRuns with_tuning(const ModelView& model, std::span<const std::span<const WrittenConfig>> written,
                                         std::span<const PathPolicy> tuning);

}  // namespace ttt
