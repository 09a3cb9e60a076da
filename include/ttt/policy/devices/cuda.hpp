// NVIDIA's data-centre GPUs, from their data sheets and the CUDA C++ Programming Guide's table of compute capabilities.
#pragma once

#include <ttt/policy/device.hpp>

namespace ttt {

namespace devices {

/// `int8`, `bf16`, `fp32`: dense peaks in FLOP/s (operations for int8). HiFi3 takes two bf16 products.
[[nodiscard]] constexpr DeviceTraits gpu(std::string_view name, std::int64_t memory, double read, double int8,
                                         double bf16, double fp32, int processors, std::int64_t shared,
                                         double link) {
  return {.name = name,
          .kind = DeviceKind::cuda,
          .memory_bytes = memory,
          .read_bytes_per_s = read,
          .peak_flop_per_s = {int8, bf16, bf16 / 2, fp32},
          .op_overhead_s = 2e-6,  // one kernel in a CUDA graph
          .cores = processors,
          .grid_rows = 1,
          .grid_columns = processors,
          .local_bytes = shared,
          .local_bank_bytes = shared,
          .tile = 1,
          .bf16_dot = true,
          .link_bytes_per_s = link,
          .supports = {.activations = {DType::fp32, DType::bf16, DType::fp16},
                       .fidelity = {Fidelity::hifi2, Fidelity::hifi4},
                       .scores = {Fidelity::hifi2, Fidelity::hifi4},
                       .kv_form = {KvForm::contiguous, KvForm::paged},
                       .qkv = {QkvForm::fused, QkvForm::separate},
                       .qkv_layout = {QkvLayout::plain, QkvLayout::column_parallel},
                       .learned_positions = true}};
}

}  // namespace devices

/// Chips by compute capability and by name. Memory is what a data sheet says (GB = 10^9 bytes); shared memory is what
/// one block can have.
namespace cuda {

/// A100 SXM 80 GB, compute capability 8.0.
struct a100 {
  static constexpr DeviceTraits traits =
      devices::gpu("cuda:a100", 80'000'000'000, 2039e9, 624e12, 312e12, 19.5e12, 108, 163 << 10, 300e9);
};
/// H100 SXM 80 GB, compute capability 9.0.
struct h100 {
  static constexpr DeviceTraits traits =
      devices::gpu("cuda:h100", 80'000'000'000, 3350e9, 1979e12, 989e12, 66.9e12, 132, 227 << 10, 450e9);
};
/// H200 SXM 141 GB, compute capability 9.0.
struct h200 {
  static constexpr DeviceTraits traits =
      devices::gpu("cuda:h200", 141'000'000'000, 4800e9, 1979e12, 989e12, 66.9e12, 132, 227 << 10, 450e9);
};
/// B200 180 GB, compute capability 10.0.
struct b200 {
  static constexpr DeviceTraits traits =
      devices::gpu("cuda:b200", 180'000'000'000, 7700e9, 4500e12, 2250e12, 75e12, 148, 227 << 10, 900e9);
};
using sm80 = a100;
using sm90 = h100;
using sm100 = b200;

}  // namespace cuda
}  // namespace ttt
