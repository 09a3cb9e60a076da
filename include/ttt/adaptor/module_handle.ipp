// Definitions of module_handle.hpp.
#pragma once

#include <ttt/adaptor/module_handle.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tuned_model.hpp>

namespace ttt {

TTT_INLINE Result<Applied> ModuleHandle::apply_hw_config(const HardwareConfig& config) const {
  const PathPolicy policy{path_, config};
  return model_->apply({&policy, 1});
}

TTT_INLINE Result<HardwareConfig> ModuleHandle::hw_config() const { return model_->config(path_); }

TTT_INLINE int LayerHandles::size() const { return model_->layers(); }

}  // namespace ttt
