// DeviceRates: how fast a device does what ops consist of. One form for two sources: a described device's traits, and what
// was measured on the machine a program runs on (profile/calibration.hpp).
#pragma once

#include <array>
#include <cstddef>

#include <ttt/catalog/ttnn_model.hpp>
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

/// Attention on one thread: seconds of one query head and one key, of each of its dimensions, and of one dimension of a key
/// that all heads of a group read once.
struct AttentionRate {
  double key_s = 0;
  double key_dimension_s = 0;
  double load_dimension_s = 0;
  constexpr bool operator==(const AttentionRate&) const = default;
};

/// What a device's kernels reach where that was measured. Seconds on one thread. Formats index arrays by their value; those
/// of a user's own are not measured.
struct KernelRates {
  static constexpr std::size_t formats = 10;
  static constexpr std::size_t operand_formats = 3;  ///< fp32, bf16, int8
  std::array<std::array<ProductRate, operand_formats>, formats> products{};
  /// By the cache's format, and what queries and probabilities are rounded to.
  std::array<std::array<AttentionRate, operand_formats>, formats> prompt_attention{}, decode_attention{};
  double kv_share = 1;   ///< of the rate of reading that attention reaches when keys and values come from memory
  std::array<double, operand_formats> input_s{};  ///< to round one input of a row; every part does them all
  std::array<double, operand_formats> norm_s{};   ///< to normalise and round it
  double output_s = 0;   ///< to finish one output of a row
  double gated_s = 0;    ///< the same of gate and up, for each of the two
  double rotate_s = 0;   ///< the same of a query
  double append_s = 0;   ///< the same of a key or value: rotary positions, append
  double head_s = 0;     ///< of each head of a row on top
  double angle_s = 0;    ///< sine and cosine of one angle
  double fetch_s = 0;    ///< one number of an embedding's row, from a cache
  double fetch_memory_s = 0;  ///< from memory: its panel's other rows lie between its numbers
  constexpr bool operator==(const KernelRates&) const = default;

  [[nodiscard]] static constexpr std::size_t operand_index(DType operands) {
    return operands == DType::int8 ? 2 : operands == DType::bf16 ? 1 : 0;
  }
  [[nodiscard]] constexpr ProductRate product(DType weights, DType operands) const {
    const auto at = static_cast<std::size_t>(weights);
    return at < formats ? products[at][operand_index(operands)] : ProductRate{};
  }
  [[nodiscard]] constexpr AttentionRate attention(DType kv, DType operands, bool decode) const {
    const auto at = static_cast<std::size_t>(kv);
    return at >= formats ? AttentionRate{} : (decode ? decode_attention : prompt_attention)[at][operand_index(operands)];
  }
};

/// A chip of Tensix cores. How long an op takes there depends on the program it runs with (plan/tensix_time.hpp).
struct TensixRates {
  int cores = 0;  ///< of the whole chip; 0: it is none
  std::array<double, 4> core_flop_per_s{};  ///< of one core at LoFi, HiFi2, HiFi3, HiFi4
  double interleaved_share = 1;             ///< of the rate of reading that interleaved weights reach
  double hop_s = 0;                         ///< for the first byte to reach the neighbouring chip
  double sum_s = 0;                         ///< to begin a sum over chips and be done with it
  bool ring = false;                        ///< the chips of a mesh; else a line
  catalog::ttnn::ChipFacts chip{};
};

/// Of one chip, all its threads together where nothing else is said.
struct DeviceRates {
  /// Bytes a second while the same `bytes` are read again and again, as the steps of a model do: from the cache they fit
  /// into, or from memory. Ascending; beyond the last, the last holds.
  struct Reading {
    double bytes = 0;
    double bytes_per_s = 0;
    double alone_bytes_per_s = 0;  ///< one thread by itself
    constexpr bool operator==(const Reading&) const = default;
  };
  static constexpr std::size_t most_readings = 16;
  std::array<Reading, most_readings> reading{};
  std::size_t readings = 0;
  std::array<double, 4> peak_flop_per_s{};  ///< of operands of LoFi, HiFi2, HiFi3, HiFi4
  double op_s = 0;            ///< to begin an op, and for all threads to be done with it
  double exchange_s = 0;      ///< for one thread to get a byte that another has written
  double link_bytes_per_s = 0;
  int threads = 1;            ///< that share an op, in as many parts
  double thread_slowdown = 1; ///< of one thread's arithmetic when all of them compute
  KernelRates kernels{};
  bool kernels_measured = false;  ///< else ops are taken to reach the peaks
  TensixRates tensix{};

  [[nodiscard]] constexpr double peak(Fidelity f) const {
    return f == Fidelity::automatic ? 0 : peak_flop_per_s[static_cast<std::size_t>(f) - 1];
  }
  /// Rates where a step reads `set` bytes in all: by all threads, by one alone.
  [[nodiscard]] constexpr Reading reading_of(double set) const {
    if (readings == 0) return {};
    if (set <= reading[0].bytes) return reading[0];
    for (std::size_t i = 1; i < readings; ++i) {
      const Reading& a = reading[i - 1];
      const Reading& b = reading[i];
      if (set > b.bytes) continue;
      // Seconds of a byte lie in proportion between two: part of what is read comes from each level.
      const double at = (set - a.bytes) / (b.bytes - a.bytes);
      return {set, 1 / ((1 - at) / a.bytes_per_s + at / b.bytes_per_s),
              1 / ((1 - at) / a.alone_bytes_per_s + at / b.alone_bytes_per_s)};
    }
    return reading[readings - 1];
  }
  /// How much of a set comes from memory: 0 nothing, 1 all, by the rate it is read with.
  [[nodiscard]] constexpr double from_memory(double set) const {
    if (readings == 0) return 1;
    const double near = 1 / reading[0].alone_bytes_per_s, far = 1 / reading[readings - 1].alone_bytes_per_s;
    return far > near ? (1 / reading_of(set).alone_bytes_per_s - near) / (far - near) : 1;
  }
};

/// A described device with what was measured of such chips in place of its data sheet's limits; one of which nothing is known
/// as it is.
[[nodiscard]] constexpr DeviceTraits as_measured(DeviceTraits device) {
  if (device.kind != DeviceKind::ttnn || device.memory_banks <= 0) return device;
  const auto m = catalog::ttnn::measured_rates(catalog::chip_facts(device), device.is_ring());
  device.read_bytes_per_s *= m.read_share;
  device.interleaved_share = m.interleaved_share / m.read_share;
  device.link_bytes_per_s = m.link_bytes_per_s < device.link_bytes_per_s ? m.link_bytes_per_s : device.link_bytes_per_s;
  device.sum_s = m.sum_s;
  return device;
}

/// Nominal rates of one chip of a described device.
[[nodiscard]] constexpr DeviceRates rates_of(const DeviceTraits& device) {
  DeviceRates r;
  if (device.read_bytes_per_s > 0) {
    r.reading[0] = {0, device.read_bytes_per_s, device.read_bytes_per_s};
    r.readings = 1;
  }
  r.peak_flop_per_s = device.peak_flop_per_s;
  r.op_s = device.op_overhead_s;
  r.link_bytes_per_s = device.link_bytes_per_s;
  if (device.kind != DeviceKind::ttnn || device.cores <= 0) return r;
  r.tensix.cores = device.cores;
  r.tensix.chip = catalog::chip_facts(device);
  r.tensix.hop_s = catalog::ttnn::hop_seconds(r.tensix.chip);
  r.tensix.interleaved_share = device.interleaved_share;
  r.tensix.sum_s = device.sum_s;
  r.tensix.ring = device.is_ring();
  for (std::size_t f = 0; f < r.peak_flop_per_s.size(); ++f)
    r.tensix.core_flop_per_s[f] = r.peak_flop_per_s[f] / device.cores;
  return r;
}

}  // namespace ttt
