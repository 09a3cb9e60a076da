// Every option of every command in one table: its spelling, its type and its range.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/io/result.hpp>

namespace ttt::tool {

/// What an option takes. `choice`: one of the words in `OptionSpec::words`, separated by '|'.
enum class OptionType : std::uint8_t { flag, text, texts, choice, whole, real };

struct OptionSpec {
  std::string_view key;       ///< what the code calls it
  std::string_view spelling;  ///< "-n,--max-new-tokens"
  OptionType type;
  std::string_view words;  ///< the value's name in the help, or the choices
  std::string_view help;
  double low = 0, high = 0;  ///< of numbers, both allowed
};

/// The table's entry. Requires: `key` is in the table.
[[nodiscard]] const OptionSpec& option_spec(std::string_view key);
/// "-n" for "-n,--max-new-tokens": the first spelling, which errors name.
[[nodiscard]] std::string first_spelling(const OptionSpec& option);

/// A command line's values, checked against the table.
class Arguments {
 public:
  /// Errors: option_value (no number, no such choice), option_out_of_range.
  [[nodiscard]] Result<void> add(const OptionSpec& option, const std::vector<std::string>& values);
  void add_positional(std::string_view name, std::string value);

  [[nodiscard]] bool has(std::string_view key) const { return !find(key).empty(); }
  [[nodiscard]] std::string text(std::string_view key, std::string_view otherwise = {}) const;
  [[nodiscard]] std::span<const std::string> texts(std::string_view key) const { return find(key); }
  [[nodiscard]] std::int64_t whole(std::string_view key, std::int64_t otherwise) const;
  [[nodiscard]] int integer(std::string_view key, int otherwise) const;
  [[nodiscard]] double real(std::string_view key, double otherwise) const;

 private:
  [[nodiscard]] std::span<const std::string> find(std::string_view key) const;
  std::vector<std::pair<std::string_view, std::vector<std::string>>> values_;
};

/// The command line that does the same again: `command`, MODEL, those of `keys` that were given, and the policies; quoted
/// for a shell. What suggestions put their change behind.
[[nodiscard]] std::string command_again(std::string_view command, const Arguments& arguments,
                                        std::span<const std::string_view> keys);

/// A whole number of [low, high], nothing around it. Errors: option_value, option_out_of_range, of kind
/// request.
[[nodiscard]] Result<std::int64_t> whole_number(std::string_view text, std::string_view field, double low,
                                                double high);

/// An error of a command line: exit status 2. `name` begins with `option_` or `command_`.
[[nodiscard]] Error command_line_error(std::string_view name, std::string_view field, std::string issue,
                                       std::string suggestion);
/// 2 for a wrong command line, 1 for anything else.
[[nodiscard]] int exit_status(const Error& error);

}  // namespace ttt::tool
