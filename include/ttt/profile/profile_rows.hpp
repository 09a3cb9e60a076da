// From a measurement to the rows of a report.
#pragma once

#include <vector>

#include <ttt/profile/calibration.hpp>
#include <ttt/profile/profile_report.hpp>
#include <ttt/runtime/state.hpp>

namespace ttt {

/// What rows are made from and judged by.
struct RowSource {
  const ModelState& state;
  const Measurement& measurement;
  const DeviceRates& rates;
  const Noise& noise;
  double factor = 1.5;
  int decoded = 1;  ///< tokens decoded behind the prompt
  int cores = 1;
};

/// Where a phase's rows begin in the report's, and which of them is which op's.
struct PhaseRows {
  std::size_t model = 0;          ///< the row of the whole model
  std::vector<std::size_t> op;    ///< by ModelState::ops
};

/// Appends a phase's rows: the model's, then each module's with those of its ops behind it. None has suggestions yet.
PhaseRows add_rows(const RowSource& source, const PhaseSamples& samples, std::vector<ProfileRow>& rows);

/// Whether attention computes with fewer bits than another, or keeps keys and values in fewer.
[[nodiscard]] bool less_precise(const PlanOp& op, const PlanOp& than, Phase phase);

}  // namespace ttt
