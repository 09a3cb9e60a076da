// Probe: how long a short piece of work takes when nothing is in its way.
#pragma once

#include <algorithm>
#include <chrono>

namespace ttt::probing {

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of one call of `work`. Calls are timed in short batches for about `budget` seconds, and the shortest counts: what
/// is in the way only ever makes them longer, and between two turns of another process there is time for a batch.
template <class Work>
[[nodiscard]] double seconds_of(double budget, Work&& work) {
  work();  // what is cold gets warm
  double start = now();
  work();
  const double first = std::max(1e-9, now() - start);
  const long calls = std::clamp(static_cast<long>(std::min(budget / 12, 3e-4) / first), 1L, 1L << 24);
  double least = first;
  const double end = now() + budget;
  for (int batches = 0; batches < 3 || now() < end; ++batches) {
    start = now();
    for (long i = 0; i < calls; ++i) work();
    least = std::min(least, (now() - start) / static_cast<double>(calls));
  }
  return least;
}

}  // namespace ttt::probing
