// Policies by path at run time: what `tune<path, policy>` does to a type, done to values.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <ttt/policy/configured.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

/// `layers.15.attention`, `layers.0-3`, `layers.*.mlp`, `head`: how those modules run. Later ones win within a level;
/// a module's own (`layers.15.attention`) counts more than its layer's (`layers.15`), and that more than its run's
/// (`layers.0-15`, `layers.*`).
struct PathPolicy {
  std::string path;
  HardwareConfig config;
  bool operator==(const PathPolicy&) const = default;
};

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
