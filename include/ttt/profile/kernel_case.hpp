// KernelCase: one op on made-up numbers, for running any kernel of its kind on them.
#pragma once

#include <cstdint>
#include <vector>

#include <ttt/kernels/own_kernel.hpp>
#include <ttt/runtime/threads.hpp>

namespace ttt {

/// Inputs of an op of a shape, and room for what it writes with guards around. Numbers depend on the shape alone.
class KernelCase {
 public:
  /// `off`: floats that inputs and outputs lie beside a multiple of 64 bytes; `second`: attention with a window and a
  /// soft-cap. `packed`: weights that are packed already, in place of made-up ones; kept by the caller.
  /// Requires: the weights, where none are given, are fp32, fp16 or bf16, the cache one of the kernels' formats, and every
  /// row has a position in the cache.
  KernelCase(const OpShape& shape, int off, bool second, const void* packed = nullptr);
  KernelCase(const KernelCase&) = delete;
  KernelCase& operator=(const KernelCase&) = delete;

  /// Makes the outputs as they are before a step, and room for `scratch_stride` bytes of scratch for each part.
  void prepare(std::int64_t scratch_stride, int parts);
  /// How a qkv kernel's keys and values reach the caches: as the scalar reference does it, until this names another level's
  /// function for their format (null: no change).
  void append_by(kernels::AppendFn append);
  /// Runs a kernel; only the function of the shape's kind counts. Requires: `prepare` with as many parts.
  void run(const OwnKernelEntry& kernel, ThreadTeam& team, int parts);
  /// What the kernel wrote: its output rows; of qkv, queries and what it appended to the caches.
  [[nodiscard]] std::vector<float> output() const;
  /// Whether everything beside output and scratch is as it was.
  [[nodiscard]] bool in_bounds() const;
  [[nodiscard]] const OpShape& shape() const { return shape_; }

 private:
  /// Floats at an address `off` beside a multiple of 64 bytes, with a guard on either side.
  struct Floats {
    std::vector<float> all;
    float* data = nullptr;
    std::int64_t count = 0;
    void make(std::int64_t floats, int off);
    [[nodiscard]] bool guards_hold() const;
  };
  /// Zeroed bytes at a multiple of 64.
  struct Bytes {
    std::vector<char> all;
    char* make(std::int64_t bytes);
  };
  /// `alike`: every session holds what the first does, which is sooner made.
  void make_caches(bool alike);
  void make_matrix(const void* packed);
  [[nodiscard]] float number();  // in [-1, 1]

  OpShape shape_;
  int off_ = 0;
  std::uint32_t seed_ = 1;
  std::vector<kernels::Row> rows_;
  std::vector<Bytes> cache_bytes_, weight_bytes_;
  Bytes split_;
  std::vector<kernels::KvView> caches_;
  std::vector<float> bias_, norm_, cos_sin_;
  Floats x_, y_, kv_, scratch_;
  kernels::AttentionArgs attention_{};
  kernels::MatmulArgs matmul_{};
  kernels::QkvArgs qkv_{};
};

}  // namespace ttt
