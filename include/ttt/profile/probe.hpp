// Probe: how long a short piece of work takes when nothing is in its way.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace ttt::probing {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of one call of `work`. Calls are timed in short batches for at most about `budget` seconds, and the shortest counts:
/// what is in the way only ever makes them longer, and between two turns of another process there is time for a batch. Where
/// the three shortest of enough batches agree, nothing is in the way, and no more are needed.
template <class Work>
[[nodiscard]] double seconds_of(double budget, Work&& work) {
  work();  // what is cold gets warm
  double start = now();
  work();
  const double first = std::max(1e-9, now() - start);
  const long calls = std::clamp(static_cast<long>(std::min(budget / 12, 3e-4) / first), 1L, 1L << 24);
  constexpr double agree = 1.005;
  constexpr int enough = 3;
  double least[] = {first, 1e30, 1e30};
  // Short calls take half of the time in any case: a clock that still rises, or a neighbour, looks steady for a moment.
  const double begin = now(), end = begin + budget, least_end = calls > 1 ? begin + budget / 2 : begin;
  for (int batches = 1; batches < 3 || now() < end; ++batches) {
    start = now();
    for (long i = 0; i < calls; ++i) work();
    double seconds = (now() - start) / static_cast<double>(calls);
    for (double& l : least)
      if (seconds < l) std::swap(seconds, l);
    if (batches >= enough && least[2] <= agree * least[0] && now() >= least_end) break;
  }
  return least[0];
}

}  // namespace ttt::probing
