// A calibration as JSON, and where it is kept.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <ttt/profile/calibration.hpp>

namespace ttt {

/// Changes whenever what is measured, or how it is written, does: older files are measured anew.
inline constexpr int calibration_version = 3;

[[nodiscard]] std::string json_of(const Calibration& calibration);

/// Reads it back, every number within what a machine can be. Errors: those of json::Document::parse,
/// calibration_malformed.
[[nodiscard]] Result<Calibration> calibration_from_json(std::string_view text, std::string_view file = {});

/// The name of its file in the user's cache folder: of processor, level, library and `calibration_version`.
[[nodiscard]] std::string calibration_file_name(std::string_view processor, std::string_view isa, std::string_view library);

/// `calibrated` with a measurement of one's own, of this processor at level `isa`. Errors: those of `measure`.
[[nodiscard]] Result<Calibration> calibrated_by(const std::function<Result<Calibration>()>& measure, std::string_view isa,
                                                const CalibrationOptions& options);

}  // namespace ttt
