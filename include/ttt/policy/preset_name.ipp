// Definitions of preset_name.hpp.
#pragma once

#include <string>
#include <vector>

#include <ttt/io/in_quotes.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/io/nearest.hpp>
#include <ttt/policy/preset_name.hpp>

namespace ttt {

TTT_INLINE Result<Preset> preset_named(std::string_view name) {
  if (name == "performance") return Preset::speed;
  std::vector<std::string_view> names;
  std::string list;
  for (std::size_t i = 0; i < preset_count; ++i) {
    const auto preset = static_cast<Preset>(i);
    if (name_of(preset) == name) return preset;
    names.push_back(name_of(preset));
    list += (i > 0 ? ", " : "") + std::string(name_of(preset));
  }
  const std::string_view nearest = nearest_name(name, names);
  return make_error(ErrorKind::request, "preset_unknown", "preset",
                    in_quotes(name) + " is no preset" +
                        (nearest.empty() ? "" : "; the nearest is " + in_quotes(nearest)),
                    "use one of: " + list);
}

}  // namespace ttt
