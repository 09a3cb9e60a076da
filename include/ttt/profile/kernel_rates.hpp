// What the kernels of a table reach on this machine: run by themselves, on shapes that lie in a core's cache.
#pragma once

#include <functional>

#include <ttt/kernels/table.hpp>
#include <ttt/plan/rates.hpp>
#include <ttt/runtime/memory.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// Every product and attention of the table, one by one. `filled`: memory as large as what streams from memory in a probe,
/// all bytes 0x3c, which is a small number in every format of weights. `read_rate`: bytes a second that `team` reads so many
/// of `filled` with, for about so many seconds; a kernel's share of it is taken of neighbours in time.
/// Errors: threads_*, out_of_memory.
[[nodiscard]] Result<KernelRates> measure_kernel_rates(const kernels::KernelTable& table, const Buffer& filled,
                                                       ThreadTeam& team,
                                                       const std::function<double(std::size_t, double)>& read_rate);

/// As much longer as a prompt's product takes on every thread of the team, each with as much to do as one by itself: what
/// they share between them. At least 1. Errors: threads_*, out_of_memory.
[[nodiscard]] Result<double> measure_slowdown(const kernels::KernelTable& table, const Buffer& filled, ThreadTeam& team);

}  // namespace ttt
