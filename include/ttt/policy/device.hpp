// Devices and their traits: what the checks, the plan and the expected times compute with.
#pragma once

#include <concepts>

#include <cstdint>
#include <string_view>

#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// Facts of a device as values. Zero means: not limited, or not known before run time (the CPU's limits are
/// measured on the machine).
struct DeviceTraits {
  std::string_view name;
  std::int64_t memory_bytes = 0;
  double read_bytes_per_s = 0;
  double flop_per_s = 0;       ///< fp32 operands, all cores
  bool bf16_dot = false;       ///< multiplies bf16 operands natively (AVX-512 BF16)
  int threads = 1;
};

/// The processor this program runs on. Its levels (`x86_64_v2`, `avx2`, `avx512`, `avx512_vnni_bf16`) are chosen at
/// load time; the traits here hold for every level.
struct cpu {
  static constexpr DeviceTraits traits{.name = "cpu"};
};

/// A device is a type with traits. Specialise or copy this shape to add one.
template <class T>
concept Device = requires {
  { T::traits } -> std::convertible_to<DeviceTraits>;
};

}  // namespace ttt
