// What this machine can do at most, measured: the ceilings that expected times and shares are computed from.
#pragma once

#include <ttt/io/result.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/runtime/threads.hpp>
#include <ttt/spec/dtype.hpp>

namespace ttt {

/// Ceilings of all of a team's threads together. Operations: a multiply-add counts as two.
struct MachineLimits {
  double read_bytes_per_s = 0;  ///< streaming reads of 256 MiB, or what a kernel was seen to read, if that is more
  double probed_read_bytes_per_s = 0;  ///< the streaming reads alone
  double flop_per_s = 0;        ///< fp32 fused multiply-adds from registers
  double bf16_flop_per_s = 0;   ///< bf16 dot products from registers; 0 where the level has none
  double int8_op_per_s = 0;     ///< products of int8 summed in int32, from registers; 0 where the level has none

  /// The arithmetic ceiling of an op: bf16 and int8 operands are faster where the level multiplies them natively.
  [[nodiscard]] double flop_per_s_with(DType operands) const {
    const double native = operands == DType::bf16   ? bf16_flop_per_s
                          : operands == DType::int8 ? int8_op_per_s
                                                    : 0;
    return native > 0 ? native : flop_per_s;
  }
  /// A kernel read this fast: no less is possible, however the probe fared (a shared machine moves it by half).
  void observe_read(double bytes_per_s) {
    if (bytes_per_s > read_bytes_per_s) read_bytes_per_s = bytes_per_s;
  }
  /// Seconds that work of this size takes at least: the slower of reading and computing.
  [[nodiscard]] double least_seconds(double bytes, double flops, DType operands = DType::fp32) const {
    const double peak = flop_per_s_with(operands);
    const double reading = read_bytes_per_s > 0 ? bytes / read_bytes_per_s : 0;
    const double computing = peak > 0 ? flops / peak : 0;
    return reading > computing ? reading : computing;
  }
};

/// Measures them with the widest vectors of `isa`: the best of several passes, about half a second. Takes 256
/// MiB meanwhile. Errors: out_of_memory.
[[nodiscard]] Result<MachineLimits> measure_limits(ThreadTeam& team, kernels::Isa isa);

}  // namespace ttt
