// --policy, and the `policy` of every JSON result.
#pragma once

#include <span>
#include <string>

#include <ttt/io/json_writer.hpp>
#include <ttt/io/result.hpp>
#include <ttt/policy/policy_text.hpp>
#include <ttt/runtime/state.hpp>

#include "options.hpp"

namespace ttt::tool {

/// All texts of --policy as one set. Errors: those of ttt::parse_policy.
[[nodiscard]] Result<PolicySet> policy_of(const Arguments& arguments);
/// Refuses a size of pages where keys and values are contiguous unless they are asked to be paged, as on the
/// cpu. Errors: option_policy.
[[nodiscard]] Result<void> check_pages(const PolicySet& set);

/// The file that --out names for a policy; empty without. Errors: option_value (a name that --policy takes for no file),
/// option_conflict (the file of the option `other`).
[[nodiscard]] Result<std::string> policy_file_of(const Arguments& arguments, std::string_view other);

/// `"policy": {...}`: what the model's knobs resolved to, on the first layer, the embedding and the head; and
/// as `modules` what was asked for by path.
void write_policy(json::Writer& out, const ModelState& state, std::string_view preset,
                  std::span<const PathPolicy> tuning);
/// The same in one line for people.
[[nodiscard]] std::string policy_line(const ModelState& state, std::string_view preset);

}  // namespace ttt::tool
