// The Tensix engine: a decoder's ops in the numbers that TTNN's ops would leave on a Wormhole (docs/ttnn-numerics.md).
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/device_engine.hpp>

namespace ttt::kernels::ttnn {

/// For `LoadOptions::engine`, beside a device of kind ttnn.
[[nodiscard]] TTT_INLINE const DeviceEngine& tensix_engine() noexcept;

}  // namespace ttt::kernels::ttnn
