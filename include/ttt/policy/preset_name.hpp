// Presets by name.
#pragma once

#include <string_view>

#include <ttt/io/result.hpp>
#include <ttt/policy/presets.hpp>

namespace ttt {

/// `performance`, as TTNN calls it, is `speed`. Errors: preset_unknown, with the nearest.
[[nodiscard]] Result<Preset> preset_named(std::string_view name);

}  // namespace ttt
