// Tensors in the program's own memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ttt {

/// One fp32 tensor in memory, row-major.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
};
/// Tensors by name: the weights of a module used alone, the inputs and outputs of `forward`.
using TensorMap = std::map<std::string, Tensor, std::less<>>;

}  // namespace ttt
