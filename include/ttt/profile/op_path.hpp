// The paths that rows of reports go by.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include <ttt/runtime/state.hpp>

namespace ttt::rowing {

/// The number in `layers.3.attention`; -1 where there is none.
inline int layer_in(std::string_view path) {
  constexpr std::string_view prefix = "layers.";
  if (!path.starts_with(prefix)) return -1;
  int layer = -1;
  std::from_chars(path.data() + prefix.size(), path.data() + path.size(), layer);
  return layer;
}
/// `layers.3.attention.qkv` belongs to the module `layers.3.attention`; an op without a name to its own.
inline std::string module_path(const ModelState& state, const PlanOp& op) {
  const std::string path = state.path(op);
  return op.name == OpName::none ? path : path.substr(0, path.rfind('.'));
}
inline std::string last_word(const std::string& path) { return path.substr(path.rfind('.') + 1); }

}  // namespace ttt::rowing
