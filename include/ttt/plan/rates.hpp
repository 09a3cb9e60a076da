// DeviceRates: how fast a device does what ops consist of. One form for two sources: a described device's traits, and what
// was measured on the machine a program runs on (profile/calibration.hpp).
#pragma once

#include <array>
#include <cstddef>

#include <ttt/policy/device.hpp>

namespace ttt {

/// Rows of one step at which kernels are measured; between two of them times lie in proportion.
inline constexpr std::array<int, 4> measured_rows{1, 4, 16, 96};

/// What the kernels of one product take on one thread, from its own cache.
struct ProductRate {
  std::array<double, measured_rows.size()> weight_s{};  ///< seconds of one weight times all of those rows; 0: unknown
  double stream_share = 1;  ///< of the rate of reading that one row reaches when weights come from memory
  constexpr bool operator==(const ProductRate&) const = default;
};

/// Attention: seconds of one query head and one key, of each of its dimensions, and of one dimension of a key that all heads
/// of a group read once, on one thread.
struct AttentionRate {
  double key_s = 0;
  double key_dimension_s = 0;
  double load_dimension_s = 0;
  constexpr bool operator==(const AttentionRate&) const = default;
};

/// What a device's kernels reach where that was measured. Seconds on one thread. Formats index arrays by their value.
struct KernelRates {
  static constexpr std::size_t formats = 10;
  static constexpr std::size_t operand_formats = 3;  ///< fp32, bf16, int8
  std::array<std::array<ProductRate, operand_formats>, formats> products{};
  std::array<AttentionRate, formats> prompt_attention{};
  std::array<AttentionRate, formats> decode_attention{};
  std::array<double, operand_formats> input_s{};  ///< to round one input of a row; every part does them all
  std::array<double, operand_formats> norm_s{};   ///< to normalise and round it
  double output_s = 0;   ///< to finish one output of a row
  double gated_s = 0;    ///< the same of gate and up, for each of the two
  double append_s = 0;   ///< the same of q, k and v: rotary positions, append
  double angle_s = 0;    ///< sine and cosine of one angle
  double fetch_s = 0;    ///< one number of an embedding's row
  constexpr bool operator==(const KernelRates&) const = default;

  [[nodiscard]] static constexpr std::size_t operand_index(DType operands) {
    return operands == DType::int8 ? 2 : operands == DType::bf16 ? 1 : 0;
  }
  [[nodiscard]] constexpr const ProductRate& product(DType weights, DType operands) const {
    return products[static_cast<std::size_t>(weights)][operand_index(operands)];
  }
};

/// Of one chip, all its threads together where nothing else is said.
struct DeviceRates {
  /// Bytes a second while the same `bytes` are read again and again, as the steps of a model do: from the cache they fit
  /// into, or from memory. Ascending; beyond the last, the last holds.
  struct Reading {
    double bytes = 0;
    double bytes_per_s = 0;
    constexpr bool operator==(const Reading&) const = default;
  };
  static constexpr std::size_t most_readings = 16;
  std::array<Reading, most_readings> reading{};
  std::size_t readings = 0;
  std::array<double, 4> peak_flop_per_s{};  ///< of operands of LoFi, HiFi2, HiFi3, HiFi4
  double op_s = 0;            ///< to begin an op, and for all threads to be done with it
  double link_bytes_per_s = 0;
  int threads = 1;            ///< that share an op, in as many parts
  double thread_slowdown = 1; ///< of one thread's arithmetic when all of them compute
  KernelRates kernels{};
  bool kernels_measured = false;  ///< else ops are taken to reach the peaks

  [[nodiscard]] constexpr double peak(Fidelity f) const {
    return f == Fidelity::automatic ? 0 : peak_flop_per_s[static_cast<std::size_t>(f) - 1];
  }
  /// Bytes a second where a step reads `set` bytes in all.
  [[nodiscard]] constexpr double read_bytes_per_s(double set) const {
    if (readings == 0) return 0;
    if (set <= reading[0].bytes) return reading[0].bytes_per_s;
    for (std::size_t i = 1; i < readings; ++i) {
      const Reading& a = reading[i - 1];
      const Reading& b = reading[i];
      if (set > b.bytes) continue;
      // Seconds of a byte lie in proportion between two: part of what is read comes from each level.
      const double at = (set - a.bytes) / (b.bytes - a.bytes);
      return 1 / ((1 - at) / a.bytes_per_s + at / b.bytes_per_s);
    }
    return reading[readings - 1].bytes_per_s;
  }
};

/// Nominal rates of one chip of a described device.
[[nodiscard]] constexpr DeviceRates rates_of(const DeviceTraits& device) {
  DeviceRates r;
  if (device.read_bytes_per_s > 0) {
    r.reading[0] = {0, device.read_bytes_per_s};
    r.readings = 1;
  }
  r.peak_flop_per_s = device.peak_flop_per_s;
  r.op_s = device.op_overhead_s;
  r.link_bytes_per_s = device.link_bytes_per_s;
  return r;
}

}  // namespace ttt
