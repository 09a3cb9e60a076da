// From recordings to the rows of a VerifyReport.
#pragma once

#include <span>
#include <vector>

#include <ttt/profile/recording.hpp>
#include <ttt/profile/verify_report.hpp>

namespace ttt {

/// What rows are made of. Everything given stays.
struct VerifySource {
  const ModelState& state;     ///< that ran
  const Recording& reference;
  const Recording* whole;      ///< a run of the whole model; null: none was made
  const Recording& alone;      ///< modules on the reference's inputs
  double rounding = 0;         ///< of the reference's numbers: half a unit in the last place
  std::span<const char> only{};        ///< by op, as RecordHow; empty: all
  const Recording* inputs = nullptr;   ///< that modules were given; null: the reference's
};

/// A row for each layer, module and op that the reference knows something of. `allowed` is what formats explain.
[[nodiscard]] std::vector<VerifyRow> verify_rows(const VerifySource& source);

/// What the plan computes and keeps nowhere, so that no tap can see it.
[[nodiscard]] std::vector<FusedValue> fused_values(const ModelState& state);

}  // namespace ttt
