// How many processor cores this process may use.
#pragma once

namespace ttt {

/// Physical cores this process may use at once, at least 1: the affinity mask, hyperthreads of one core
/// counted once, and no more than the whole cores a cgroup's CPU quota (v2 or v1) pays for. Reads /proc and
/// /sys; what it cannot read does not limit.
[[nodiscard]] int available_cores();

/// Whole cores that the processor time of this process's control groups pays for, at least 1; 65536 where no quota is set.
/// `tree` stands before /proc and /sys.
int paid_cores(const char* tree = "");

}  // namespace ttt
