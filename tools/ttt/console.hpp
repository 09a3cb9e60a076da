// Standard output, standard error and Ctrl-C.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <ttt/io/json_writer.hpp>
#include <ttt/io/progress.hpp>
#include <ttt/io/result.hpp>

namespace ttt::tool {

/// Writes to standard output at once. Errors: output_closed (whoever read it has gone), output_unwritable.
[[nodiscard]] Result<void> print(std::string_view text);
/// Notes and progress, to standard error; nothing depends on them, so failures do not count.
void note(std::string_view text);

/// The error as lines on standard error and, under --json, as an object on standard output.
void report(const Error& error, bool json);
/// The member "error" of an object.
void write_error(json::Writer& out, const Error& error);
[[nodiscard]] bool is_output_closed(const Error& error);

enum class Unit { bytes, count };
/// A bar on standard error while `name` is under way, once that has taken a third of a second; it goes when
/// the last copy does. Empty when standard error is no terminal.
[[nodiscard]] Progress progress_bar(std::string name, Unit unit = Unit::bytes);

/// Set by Ctrl-C once `watch_interrupts` was called; a second Ctrl-C ends the process.
[[nodiscard]] const std::atomic<bool>& interrupted();
void watch_interrupts();

/// Before anything else: a closed pipe is an error of `print`, not a signal.
void prepare_console();

}  // namespace ttt::tool
