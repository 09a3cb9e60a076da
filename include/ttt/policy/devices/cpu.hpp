// The processor as a device, and its instruction set levels.
#pragma once

#include <ttt/policy/device.hpp>

namespace ttt {

namespace devices {

/// Nominal facts of one core at a level, for expected times at compile time: 3 GHz, 10 GB/s a core; 32 KiB of L1 and
/// 1 MiB of L2 (Zen 4, and near enough for the rest), 40 GB/s from there, 16 MiB of L3. From 0.15 µs of work on two cores
/// are faster than one (measured on Zen 4: design notes, "Fewer threads"). A running program measures its own machine
/// instead (profile/limits.hpp). `per_cycle`: fp32 operations a core can do in a cycle, two for a fused multiply-add, as
/// the vendors' optimisation manuals count them; products of bf16 pairs go twice as fast where they exist.
[[nodiscard]] constexpr DeviceTraits cpu_level(std::string_view name, double per_cycle, bool bf16_dot) {
  constexpr double hertz = 3e9;
  const double fp32 = per_cycle * hertz;
  const double bf16 = bf16_dot ? 2 * fp32 : fp32;
  return {.name = name,
          .kind = DeviceKind::cpu,
          .read_bytes_per_s = 10e9,
          .peak_flop_per_s = {bf16, bf16, bf16 / 2, fp32},
          .cached_bytes_per_s = 40e9,
          .split_s = 0.15e-6,
          .cache_bytes = {32 << 10, 1 << 20, 16 << 20},
          .kv_block = 256,
          .bf16_dot = bf16_dot,
          .supports = {.weights = {DType::fp32, DType::fp16, DType::bf16, DType::int8, DType::int4, DType::int4m},
                       .kv = {DType::fp32, DType::fp16, DType::bf16, DType::int8},
                       .fidelity = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi4},
                       .scores = {Fidelity::lofi, Fidelity::hifi2, Fidelity::hifi4},
                       .kv_form = {KvForm::contiguous, KvForm::paged},
                       .own_weights = true,
                       .learned_positions = true}};
}

}  // namespace devices

/// The processor this program runs on: the level is chosen when a model is loaded, so that the checks hold for every
/// one of them; expected times are those of one AVX2 core.
struct cpu {
  static constexpr DeviceTraits traits = devices::cpu_level("cpu", 32, false);

  // One level, where a program wants the numbers of that one.
  struct x86_64_v2 {
    static constexpr DeviceTraits traits = devices::cpu_level("cpu:x86_64_v2", 8, false);
  };
  struct avx2 {
    static constexpr DeviceTraits traits = devices::cpu_level("cpu:avx2", 32, false);
  };
  struct avx512 {
    static constexpr DeviceTraits traits = devices::cpu_level("cpu:avx512", 64, false);
  };
  struct avx512_vnni_bf16 {
    static constexpr DeviceTraits traits = devices::cpu_level("cpu:avx512_vnni_bf16", 64, true);
  };
};

}  // namespace ttt
