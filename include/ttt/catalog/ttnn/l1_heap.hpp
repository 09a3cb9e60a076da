// Where TTNN's allocator places L1 tensors: a small replica of it.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/tile.hpp>

namespace ttt::catalog::ttnn {

/// TTNN deals L1 from its top, at the same address on all cores: a tensor takes the highest gap it fits into.
/// What is freed above a tensor that stays is room for tensors, not for circular buffers, so an op has what
/// is left beneath the lowest one. Source: 300 allocations and frees on the mock, every address equal.
class L1Heap {
 public:
  /// Places `bytes` of every core; returns a handle for free(). Nothing is refused here: depth() may pass the
  /// limit.
  constexpr int place(std::int64_t bytes) {
    Tensor t{0, round_up(bytes, 16)};
    for (bool moved = true; moved;) {
      moved = false;
      for (int i = 0; i < used_; ++i)
        if (all_[i].bytes > 0 && all_[i].from < t.from + t.bytes && t.from < all_[i].from + all_[i].bytes) {
          t.from = all_[i].from + all_[i].bytes;
          moved = true;
        }
    }
    int slot = 0;
    while (slot < used_ && all_[slot].bytes > 0) ++slot;
    if (slot == most) return slot - 1;  // not reached: no step of a decoder holds so many
    if (slot == used_) ++used_;
    all_[slot] = t;
    return slot;
  }
  constexpr void free(int handle) {
    if (handle >= 0) all_[handle].bytes = 0;
  }
  /// Bytes from the top of L1 to the end of this tensor.
  [[nodiscard]] constexpr std::int64_t end_of(int handle) const { return all_[handle].from + all_[handle].bytes; }
  /// Bytes from the top of L1 to the end of its lowest tensor.
  [[nodiscard]] constexpr std::int64_t depth() const {
    std::int64_t deepest = 0;
    for (int i = 0; i < used_; ++i)
      if (all_[i].bytes > 0 && all_[i].from + all_[i].bytes > deepest) deepest = all_[i].from + all_[i].bytes;
    return deepest;
  }

 private:
  struct Tensor {
    std::int64_t from = 0, bytes = 0;  // from the top; 0 bytes: a free slot
  };
  static constexpr int most = 48;
  Tensor all_[most]{};  // no std::array: its operator[] is most of what a constant expression would do here
  int used_ = 0;
};

}  // namespace ttt::catalog::ttnn
