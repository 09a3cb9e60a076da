// The state of a search as a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ttt/io/result.hpp>
#include <ttt/profile/tune_report.hpp>

namespace ttt {

/// As a JSON document, and back, exactly. Errors: tune_state_malformed, those of json::Document::parse.
[[nodiscard]] std::string json_of(const TuneState& state);
[[nodiscard]] Result<TuneState> tune_state_from_json(std::string_view text, std::string_view file = {});

/// Bytes of a state's file.
inline constexpr std::size_t most_tune_state_bytes = std::size_t{16} << 20;
/// Errors: as above, and those of reading a file. Written whole or not at all.
[[nodiscard]] Result<TuneState> load_tune_state(const std::string& path);
[[nodiscard]] Result<void> save_tune_state(const TuneState& state, const std::string& path);

}  // namespace ttt
