// LoadSigns: what the operating system tells of others that used the processors meanwhile.
#pragma once

#include <cstdint>

namespace ttt {

struct LoadSigns {
  double seconds = 0;                 ///< watched
  std::int64_t forced_switches = 0;   ///< times a thread of this process had to give up its core
  double others = 0;                  ///< cores that other processes kept busy, on average; -1 where nobody says
  double stolen = 0;                  ///< cores that the machine underneath took away, on average; -1 where nobody says
  double own = 0;                     ///< cores this process kept busy, on average
};

/// Reads the counters when made and again at the end. In a container `others` counts the whole machine's processes.
class LoadWatch {
 public:
  LoadWatch();
  [[nodiscard]] LoadSigns signs() const;

 private:
  struct Counters {
    double clock = 0, own = 0;
    double busy = -1, stolen = -1;  ///< of all processors, in seconds
    std::int64_t forced = 0;
  };
  [[nodiscard]] static Counters read();
  Counters start_;
};

}  // namespace ttt
