// One knob turned by its name and value, as the command line and JSON spell them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// `turn_knob(config, "weights.qkv", "bf16")`; `auto` makes the knob say nothing. Case does not count, but in
/// names of kernels and of a device's own knobs. Errors: option_policy (no such knob or value, with the
/// nearest), option_value and option_out_of_range (numbers), those of `kept`.
[[nodiscard]] Result<void> turn_knob(HardwareConfig& config, std::string_view knob, std::string_view value);

namespace policy_reading {

[[nodiscard]] std::string lower(std::string_view text);
/// option_policy.
[[nodiscard]] Error wrong(std::string issue, std::string suggestion);
/// `did you mean fp16? `, or nothing where no name is near.
[[nodiscard]] std::string nearest_of(std::string_view given, const std::vector<std::string>& all);
/// `did you mean fp16? use one of: fp32, fp16`.
[[nodiscard]] std::string among(std::string_view given, const std::vector<std::string>& all,
                                std::string_view what);

}  // namespace policy_reading
}  // namespace ttt
