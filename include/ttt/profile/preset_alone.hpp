// A model under a preset and nothing else: what configurations are compared with.
#pragma once

#include <ttt/runtime/load_options.hpp>

namespace ttt {

/// The same options, with a preset in place of all they say of policies. What the model's type says of them counts where the
/// state is made (TunedModel::beside).
[[nodiscard]] inline LoadOptions preset_alone(LoadOptions options, Preset preset) {
  options.preset = preset;
  options.policy = {};
  options.tuning.clear();
  return options;
}

}  // namespace ttt
