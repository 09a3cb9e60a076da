// Names by path: `layers.15.attention.qkv`. Policies, profile rows, errors, taps and weights all use them.
#pragma once

#include <string>

#include <ttt/types/path_pattern.hpp>

namespace ttt {

/// The path of module number `wanted` (repetitions counted): `embedding`, `layers.N`, `norm`, `head`, or an own
/// module's type. A repeated module of any kind counts as a layer. A second module of one name gets `_2`, ...
[[nodiscard]] inline std::string path_of(const ModelView& model, int wanted) {
  std::string result;
  each_place(model, [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t, std::size_t, int index) {
    if (index != wanted) return;
    result = at.layer >= 0 ? "layers." + std::to_string(at.layer) : std::string(paths::name_of(m));
    if (at.ordinal > 1) result += "_" + std::to_string(at.ordinal);
  });
  return result;
}

}  // namespace ttt
