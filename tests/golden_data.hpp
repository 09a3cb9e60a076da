// Where HuggingFace's own results lie: the folder in TTT_GOLDEN, or ../shared/golden beside the source tree.
// They are not part of the project, so a test that needs them says so first: `TTT_NEEDS_GOLDEN("llama");`
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "catch.hpp"

#if !defined(TTT_SOURCE_ROOT)
#error "TTT_SOURCE_ROOT must be the absolute path of the source tree (the build defines it)"
#endif

namespace ttt::test {

/// The source tree, for files that the project itself carries.
[[nodiscard]] inline std::filesystem::path source_root() { return TTT_SOURCE_ROOT; }

/// The golden folder, whether it exists or not.
[[nodiscard]] inline std::filesystem::path golden() {
  if (const char* set = std::getenv("TTT_GOLDEN"); set != nullptr && *set != '\0') return set;
  return source_root().parent_path() / "shared" / "golden";
}

/// A file or folder under `golden()`.
[[nodiscard]] inline std::filesystem::path golden(std::string_view below) { return golden() / below; }

/// Whether the golden data (or the part of it named by `below`) is on this machine.
[[nodiscard]] inline bool has_golden(std::string_view below = {}) {
  std::error_code ignored;
  return std::filesystem::exists(below.empty() ? golden() : golden(below), ignored);
}

}  // namespace ttt::test

/// Skips the test case where `below` (a path under the golden folder) is not on this machine.
#define TTT_NEEDS_GOLDEN(below) \
  if (!ttt::test::has_golden(below)) TTT_SKIP(ttt::test::golden(below).string() << " is not on this machine")
