// Where a JSON text stops being JSON. simdjson's DOM says why a document is refused but not where; this slow
// scan runs only after it has been, to name the line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ttt::json {

/// " at line L, column C" (both from 1, columns in bytes) of the first byte at which `text` cannot go on as
/// JSON, or
/// "" when this scan finds nothing wrong with the grammar (a number out of range, invalid UTF-8 in a string).
[[nodiscard]] std::string where_malformed(std::string_view text);

}  // namespace ttt::json
