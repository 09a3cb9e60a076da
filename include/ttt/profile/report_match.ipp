// Definitions of report_match.hpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <ttt/io/linkage.hpp>
#include <ttt/profile/report_match.hpp>

namespace ttt {

TTT_INLINE Result<void> check_report(const ProfileReport& report, const ModelState& state, std::string_view file) {
  const auto differs = [&](std::string_view module, const std::string& issue) {
    return make_error(ErrorKind::request, "report_differs", std::string(module), issue,
                      "give the report of this model on this device, or profile it anew", std::string(file));
  };
  const std::string_view device = state.request.device.name;
  if (!report.device.empty() && report.device != device)
    return differs("device", fmt::format("it was measured on {}, and this is {}", report.device.substr(0, 60), device));
  if (state.kernels != nullptr && !report.isa.empty() && report.isa != state.kernels->name)
    return differs("device", fmt::format("it was measured with the kernels of {}, and these are {}'s", report.isa.substr(0, 60), state.kernels->name));
  std::size_t rows = 0;
  for (const ProfileRow& row : report.rows) {
    if (row.phase != Phase::decode || row.op.empty()) continue;
    ++rows;
    const auto op = std::find_if(state.ops.begin(), state.ops.end(), [&](const PlanOp& o) { return state.path(o) == row.path; });
    if (op == state.ops.end()) return differs("rows", fmt::format("it has an op {}, and the model has not", row.path.substr(0, 80)));
    // Attention's grow with the context, which may be another.
    const bool other = row.flops > 0 && op->flops_per_row_and_key == 0 && std::abs(row.flops - op->flops_per_row) > 1e-6 * row.flops;
    if (other)
      return differs("rows", fmt::format("{} computes {:.0f} operations a step, and the model's {:.0f}", row.path, row.flops, op->flops_per_row));
  }
  if (rows > 0 && rows != state.ops.size())
    return differs("rows", fmt::format("it has {} ops, and the model {}", rows, state.ops.size()));
  return {};
}

}  // namespace ttt
