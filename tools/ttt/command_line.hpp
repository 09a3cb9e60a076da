// From argv to a command and its arguments. The one place that knows CLI11.
#pragma once

#include <string>
#include <vector>

#include "command.hpp"

namespace ttt::tool {

/// What a command line asks for: a command to run, or a text to print.
struct Request {
  const Command* command = nullptr;
  Arguments arguments;
  std::string help;  ///< when there is no command
};

/// Errors: command_missing, command_unknown, command_incomplete, option_unknown, option_value,
/// option_out_of_range.
[[nodiscard]] Result<Request> parse_command_line(const std::vector<std::string>& words);

/// The help of all commands.
[[nodiscard]] std::string overview();

}  // namespace ttt::tool
