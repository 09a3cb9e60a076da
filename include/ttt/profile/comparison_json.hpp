// A comparison as JSON and for a terminal.
#pragma once

#include <string>

#include <ttt/io/json_writer.hpp>
#include <ttt/profile/comparison.hpp>

namespace ttt {

/// One object: before, after, text, notes, rows, only_before, only_after.
void write_comparison(json::Writer& out, const Comparison& comparison);

/// For 80 columns: what it comes to, then modules by what changed most. `layers`: every op of every layer too.
[[nodiscard]] std::string text_of(const Comparison& comparison, bool layers = false);

}  // namespace ttt
