// PathPolicy: a policy for the modules a path names, given at run time.
#pragma once

#include <string>

#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// `layers.15.attention`, `layers.0-3`, `layers.*.mlp`, `head`: how those modules run. Later ones win within a level;
/// a module's own (`layers.15.attention`) counts more than its layer's (`layers.15`), and that more than its run's
/// (`layers.0-15`, `layers.*`).
struct PathPolicy {
  std::string path;
  HardwareConfig config;
  bool operator==(const PathPolicy&) const = default;
};

}  // namespace ttt
