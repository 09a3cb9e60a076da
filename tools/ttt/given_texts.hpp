// --text and --batch: what a command is to do something with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace ttt::tool {

/// Bytes of a --batch file.
inline constexpr std::size_t largest_batch = std::size_t{256} << 20;

/// What is wrong with a --batch file, and what it must be.
[[nodiscard]] Error batch_malformed(const std::string& file, std::string issue, std::string expected);

/// One of an option (`single` its key, as `spelling`) and --batch, not both.
/// Errors: option_conflict, command_incomplete.
[[nodiscard]] Result<void> check_source(const Arguments& arguments, std::string_view single, std::string_view spelling);

/// The text of --text, or the strings of --batch. Errors: those of check_source, batch_malformed, those of files.
[[nodiscard]] Result<std::vector<std::string>> given_texts(const Arguments& arguments);

}  // namespace ttt::tool
