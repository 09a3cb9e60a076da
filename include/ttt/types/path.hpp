// Names by path: `layers.15.attention.qkv`. Policies, profile rows, errors, taps and weights all use them.
#pragma once

#include <string>

#include <ttt/types/view.hpp>

namespace ttt {

/// The path of module number `wanted` (repetitions counted): `embedding`, `layers.N`, `norm`, `head`, or an own
/// module's type. A repeated module of any kind counts as a layer. A second module of one name gets `_2`, ...
[[nodiscard]] inline std::string path_of(const ModelView& model, int wanted) {
  int layer = 0;
  int same_name = 1;
  std::string result;
  auto name = [](const ModuleSpec& m) -> std::string {
    switch (m.kind) {
      case ModuleKind::embedding: return "embedding";
      case ModuleKind::rms_norm:
      case ModuleKind::layer_norm: return "norm";
      case ModuleKind::linear: return "head";
      case ModuleKind::attention: return "attention";
      case ModuleKind::mlp: return "mlp";
      case ModuleKind::own: return std::string(m.own.type.view());
      case ModuleKind::transformer_layer: break;
    }
    return "layers";
  };
  const std::string target = name(model.module(wanted));
  model.each([&](const ModuleSpec& m, int index, std::size_t run, std::size_t) {
    const bool counted = model.is_layer(m, run);
    if (index == wanted) {
      result = counted ? "layers." + std::to_string(layer)
                       : target + (same_name > 1 ? "_" + std::to_string(same_name) : "");
    }
    if (counted) {
      ++layer;
    } else if (name(m) == target) {
      ++same_name;
    }
  });
  return result;
}

}  // namespace ttt
