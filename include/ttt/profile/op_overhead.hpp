// What an op costs besides its work: its beginning, waiting for the others, numbers and code that are not at hand.
#pragma once

#include <ttt/io/result.hpp>
#include <ttt/kernels/table.hpp>
#include <ttt/plan/rates.hpp>

namespace ttt {

/// Seconds of an op on top of reading and computing, as decoding steps of a model have it that is so small that nothing else
/// counts: 4 layers of 64. `rates`: this machine's, for that many threads. Some milliseconds. Errors: those of `make_state`
/// (a program that does not hold the kernels for bf16), threads_*, out_of_memory.
[[nodiscard]] Result<double> measure_op_overhead(const kernels::KernelTable& table, const DeviceRates& rates, int threads);

}  // namespace ttt
