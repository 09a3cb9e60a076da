// Policies as JSON: what `ttt tune` saves and `--policy F.json` reads. The schema is docs/policy-json.md.
#pragma once

#include <string>
#include <string_view>

#include <ttt/io/json_writer.hpp>
#include <ttt/policy/policy_text.hpp>

namespace ttt {

/// The schema's number. A file with another one is refused.
inline constexpr int policy_version = 1;

/// A configuration as one JSON object, `{"weights":"bf16","chunk":64}`: what it says, in one line.
void write_config(json::Writer& out, const HardwareConfig& config);
[[nodiscard]] std::string json_of(const HardwareConfig& config);
/// A whole set as a document of several lines, for people to edit.
[[nodiscard]] std::string json_of(const PolicySet& policies);

/// Reads them back, exactly. `file` names the source in errors. Errors: those of json::Document::parse,
/// policy_file_malformed (an unknown, doubled or mistyped member, a knob or value that there is not),
/// policy_file_version.
[[nodiscard]] Result<HardwareConfig> config_from_json(std::string_view text, std::string_view file = {});
[[nodiscard]] Result<PolicySet> policy_from_json(std::string_view text, std::string_view file = {});

/// Bytes of a policy's file.
inline constexpr std::size_t most_policy_bytes = std::size_t{4} << 20;
/// Errors: as `policy_from_json` and `read_file`.
[[nodiscard]] Result<PolicySet> load_policy(const std::string& path);
/// The file appears whole or not at all. Errors: policy_not_writable (it could not be read back: a text in it
/// is none that `parse_policy` gives), those of `write_atomic`.
[[nodiscard]] Result<void> save_policy(const PolicySet& policies, const std::string& path);

}  // namespace ttt
