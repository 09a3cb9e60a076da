// What `ttt describe` says of a model: its family, which variant runs it and why, and its C++ declaration.
#pragma once

#include <string>
#include <string_view>

#include <ttt/spec/architecture.hpp>

namespace ttt {

struct Description {
  std::string family;   ///< model_type
  std::string variant;  ///< `exact`: a known model; `dynamic`: the family with run-time numbers; `compiled`
  std::string known_model;  ///< the known model's name when exact
  std::string reason;       ///< why that variant; when dynamic, what keeps it from the nearest known model
  std::string declaration;  ///< C++ to paste
  std::string spec;         ///< JSON
};

/// `name` (a folder's or hub id) gives the declaration its identifier. `compiled`: an ahead-of-time variant
/// made for this spec is at hand.
[[nodiscard]] Description describe(const ArchitectureSpec& spec, std::string_view name,
                                   bool compiled = false);

}  // namespace ttt
