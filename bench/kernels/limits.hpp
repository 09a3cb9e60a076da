// What the machine can do at most, measured in this process before anything is compared with it.
#pragma once

#include <cstddef>

namespace ttt::bench {

/// Bytes per second of reading memory far larger than the caches, by one thread; best of several passes.
double read_limit();

/// Single-precision FLOP per second of one thread: independent fused multiply-adds on the widest vectors.
double fma_limit();

/// Zeroed memory on huge pages.
class HugePages {
 public:
  explicit HugePages(std::size_t bytes);
  ~HugePages();
  HugePages(const HugePages&) = delete;
  HugePages& operator=(const HugePages&) = delete;
  [[nodiscard]] char* data() const { return data_; }

 private:
  void* mapped_;
  std::size_t mapped_bytes_;
  char* data_;
};

}  // namespace ttt::bench
