// Applied: what a change of a loaded model's hardware configuration took.
#pragma once

#include <cstdint>

namespace ttt {

struct Applied {
  std::int64_t bytes_repacked = 0;  ///< weights packed anew from the checkpoint
  std::int64_t bytes_shared = 0;    ///< weights that were taken over as they lie
  int tensors_repacked = 0;         ///< matrices as kernels read them: q, k and v are one, gate and up are one
  /// Most bytes the model holds while it changes: the weights of the old state, of those undo() and sessions keep, and
  /// of the new one, the keys and values of the plan, both arenas where the old one is too small, the loader's buffer.
  std::int64_t peak = 0;
};

}  // namespace ttt
