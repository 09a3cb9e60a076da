// Token ids from the command line or from a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace ttt::tool {

/// "1,2,3". Errors: option_value, option_out_of_range (beyond 31 bits).
[[nodiscard]] Result<std::vector<std::int32_t>> parse_ids(std::string_view text, std::string_view field);

/// The `input_ids` of a safetensors file: I64 or I32, [T] or [1, T]. Errors: those of SafetensorsFile,
/// input_unknown (a tensor of another name), input_missing, input_malformed.
[[nodiscard]] Result<std::vector<std::int32_t>> read_input_ids(const std::string& file);

/// --ids or --inputs, one of them. Errors: also command_incomplete, option_conflict.
[[nodiscard]] Result<std::vector<std::int32_t>> given_ids(const Arguments& arguments);

/// Every id is below `vocab`. Errors: token_out_of_range.
[[nodiscard]] Result<void> check_ids(const std::vector<std::int32_t>& ids, int vocab);

}  // namespace ttt::tool
