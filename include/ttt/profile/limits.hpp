// What this machine can do at most, measured: the ceilings that expected times and shares are computed from.
#pragma once

#include <ttt/io/result.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// Ceilings of all of a team's threads together.
struct MachineLimits {
  double read_bytes_per_s = 0;  ///< streaming reads from memory, 256 MiB
  double flop_per_s = 0;        ///< fp32 fused multiply-adds from registers; one counts as two operations

  /// Seconds that work of this size takes at least: the slower of reading and computing.
  [[nodiscard]] double least_seconds(double bytes, double flops) const {
    const double reading = read_bytes_per_s > 0 ? bytes / read_bytes_per_s : 0;
    const double computing = flop_per_s > 0 ? flops / flop_per_s : 0;
    return reading > computing ? reading : computing;
  }
};

/// Measures both with the widest vectors of `isa`: the best of several passes, about 0.4 s. Takes 256 MiB
/// meanwhile. Errors: out_of_memory.
[[nodiscard]] Result<MachineLimits> measure_limits(ThreadTeam& team, kernels::Isa isa);

}  // namespace ttt
