// Policies as the command line spells them: `weights=bf16,kv=fp16`, `layers.15.attention:fidelity=HiFi4`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/policy/path_policy.hpp>
#include <ttt/policy/presets.hpp>

namespace ttt {

/// All that can be said at run time of how a model runs: what LoadOptions takes.
struct PolicySet {
  std::optional<Preset> preset{};
  HardwareConfig whole{};            ///< knobs of the whole model
  std::vector<PathPolicy> tuning{};  ///< and of what paths name; later ones win within a level
  bool operator==(const PolicySet&) const = default;
};

/// Policies by path that a set can hold.
inline constexpr std::size_t most_path_policies = 4096;

/// Reads texts, later ones over earlier ones. Each is `knob=value,...` or the path of a `.json` file
/// (policy_json.hpp). `PATH:` in front of an item holds to the end of its text, or to the next `PATH:`;
/// `model:` and `*:` are the whole model. Case does not count, but in names of kernels, of own modules and of
/// a device's own knobs. `knob=auto` takes back what was said of that knob there, and the knob is inherited
/// again.
///
/// `weights`, `fidelity`, `scores` and `shard` set all their members, `weights.qkv` one. `kernel=own:NAME` is
/// a kernel of the user's, `device_specific.NAME=VALUE` a knob of a device or kernel of the user's.
///
/// Errors: option_policy (no such knob, value or path), option_value, option_out_of_range (numbers), those of
/// `kept` and of `load_policy`.
[[nodiscard]] Result<PolicySet> parse_policy(std::span<const std::string> texts);
[[nodiscard]] Result<PolicySet> parse_policy(std::string_view text);

/// What `over` says over `base`: knob by knob for the whole model, behind all others by path.
[[nodiscard]] PolicySet merged(PolicySet base, const PolicySet& over);

/// `weights=bf16,kv=fp16`: what a configuration says, so that `parse_policy` reads it back; empty for one
/// that says nothing. The preset has no spelling here.
[[nodiscard]] std::string text_of(const HardwareConfig& config);
[[nodiscard]] std::string text_of(const PolicySet& policies);

/// A path as PathPolicy has it: in lower case, but for the names of own modules; `*` is `model`. Errors:
/// option_policy.
[[nodiscard]] Result<std::string> policy_path(std::string_view path);

}  // namespace ttt
