// Where TTNN's allocator places L1 tensors: a small replica of it.
#pragma once

#include <cstdint>

#include <ttt/catalog/ttnn/tile.hpp>

namespace ttt::catalog::ttnn {

/// TTNN deals L1 from its top, at the same address on all cores: a tensor takes the highest gap it fits into.
/// What is freed above a tensor that stays is room for tensors, not for circular buffers, so an op has what
/// is left beneath the lowest one. Source: 300 allocations and frees on the mock, every address equal. DRAM's banks are
/// dealt the same way from their bottom.
class L1Heap {
 public:
  /// Places `bytes` of every core; returns a handle for free(). Nothing is refused here: depth() may pass the
  /// limit.
  constexpr int place(std::int64_t bytes) {
    bytes = (bytes + 15) / 16 * 16;
    std::int64_t from = 0;
    int at = 0;
    for (; at < used_ && all_[at].from - from < bytes; ++at) from = all_[at].end;
    if (used_ == most) return -1;  // not reached: no step of a decoder holds so many
    for (int i = used_++; i > at; --i) all_[i] = all_[i - 1];
    all_[at] = {from, from + bytes, next_};
    return next_++;
  }
  constexpr void free(int handle) {
    const int at = found(handle);
    if (at == used_) return;
    --used_;
    for (int i = at; i < used_; ++i) all_[i] = all_[i + 1];
  }
  /// Bytes from the top of L1 to the end of this tensor.
  [[nodiscard]] constexpr std::int64_t end_of(int handle) const { return all_[found(handle)].end; }
  /// Bytes from the top of L1 to the end of its lowest tensor.
  [[nodiscard]] constexpr std::int64_t depth() const { return used_ > 0 ? all_[used_ - 1].end : 0; }

 private:
  struct Tensor {
    std::int64_t from = 0, end = 0;  // from the top
    int handle = -1;
  };
  static constexpr int most = 48;
  [[nodiscard]] constexpr int found(int handle) const {
    int at = 0;
    while (at < used_ && all_[at].handle != handle) ++at;
    return at;
  }
  Tensor all_[most + 1]{};  // those in use, by address; no std::array, whose operator[] costs a constant expression most
  int used_ = 0, next_ = 0;
};

}  // namespace ttt::catalog::ttnn
