// Turn: whose step it is.
#pragma once

#include <mutex>

namespace ttt {

/// A lock for those who step in a loop, `std::lock_guard turn(runner.turn());`, past which a rare other can come. A
/// plain mutex goes to whoever asks next, which is the loop that has just let go of it: measured, a change of the model
/// waited for hundreds of tokens.
class Turn {
 public:
  void lock() {
    { const std::lock_guard pass(door_); }
    held_.lock();
  }
  void unlock() { held_.unlock(); }
  /// As `lock`, but before all who ask later.
  void lock_first() {
    const std::lock_guard keep(door_);
    held_.lock();
  }

 private:
  std::mutex door_;
  std::mutex held_;
};

}  // namespace ttt
