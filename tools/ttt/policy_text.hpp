// Policies as the command line and JSON spell them.
#pragma once

#include <span>
#include <string>

#include <ttt/io/json_writer.hpp>
#include <ttt/io/result.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt::tool {

/// `knob=value,...` for the whole model, later texts over earlier ones; without regard to case. Errors:
/// option_policy (no such knob or value), policy_path_unsupported (`PATH:knob=value`),
/// policy_value_unavailable.
[[nodiscard]] Result<HardwareConfig> parse_policy(std::span<const std::string> texts);

/// `"policy": {...}`: what the model's knobs resolved to, on the layers, the embedding and the head.
void write_policy(json::Writer& out, const ModelState& state, std::string_view preset);
/// The same in one line for people.
[[nodiscard]] std::string policy_line(const ModelState& state, std::string_view preset);

}  // namespace ttt::tool
