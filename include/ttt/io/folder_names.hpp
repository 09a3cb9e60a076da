// What a folder holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ttt {

/// The names in a folder, in no order, without "." and ".."; nothing where it cannot be read.
[[nodiscard]] std::optional<std::vector<std::string>> names_in_folder(const std::string& path);

}  // namespace ttt
