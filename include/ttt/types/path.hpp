// Names by path: `layers.15.attention.qkv`. Policies, profile rows, errors, taps and weights all use them.
#pragma once

#include <string>

#include <ttt/types/path_pattern.hpp>

namespace ttt {

/// The path of module number `wanted` (repetitions counted), as `write_path` has it.
[[nodiscard]] inline std::string path_of(const ModelView& model, int wanted) {
  std::string result;
  write_path(model, wanted, [&](const auto& piece) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(piece)>, int>)
      result += std::to_string(piece);
    else
      result += piece;
  });
  return result;
}

}  // namespace ttt
