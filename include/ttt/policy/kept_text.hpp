// Texts of policies that were read at run time: a HardwareConfig holds views, and these last as long as the
// program.
#pragma once

#include <cstddef>
#include <string_view>

#include <ttt/io/result.hpp>

namespace ttt {

/// Bytes of one text, and how many different ones a program keeps.
inline constexpr std::size_t longest_kept_text = 1024;
inline constexpr std::size_t most_kept_texts = 4096;

/// The text, kept for good: equal texts are one. From any thread. Errors: policy_text_too_long,
/// policy_texts_exhausted.
[[nodiscard]] Result<std::string_view> kept(std::string_view text);

}  // namespace ttt
