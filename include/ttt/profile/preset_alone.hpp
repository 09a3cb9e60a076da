// A model under a preset and nothing else, or in fp32: what configurations are compared with.
#pragma once

#include <utility>

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

/// The model in fp32, whatever its type and its policies say: on the processor, also where a device is emulated, whose numbers hold
/// less.
[[nodiscard]] inline LoadOptions in_fp32(LoadOptions options) {
  options = preset_alone(std::move(options), Preset::exact);
  options.engine = nullptr;
  return options;
}

}  // namespace ttt
