// Devices and their traits: what the checks, the plan and the expected times compute with.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// Whose rules hold: which catalog of kernels, which memory layout.
enum class DeviceKind : std::uint8_t { cpu, cuda, ttnn, own };

/// A set of values of one enumeration, as bits.
template <class E>
struct SetOf {
  std::uint32_t bits = 0;
  constexpr SetOf() = default;
  constexpr SetOf(auto... values) requires(sizeof...(values) > 0)  // NOLINT: implicit, so that {a, b} is a set
      : bits(((std::uint32_t{1} << static_cast<unsigned>(static_cast<E>(values))) | ...)) {}
  [[nodiscard]] constexpr bool has(E value) const {
    const auto number = static_cast<std::uint64_t>(value);
    return number < 32 && (bits >> number & 1U) != 0;
  }
  constexpr bool operator==(const SetOf&) const = default;
};

/// What a device's kernels exist for. A knob with another value is refused, and the nearest of these is named.
struct DeviceSupports {
  SetOf<DType> weights{DType::fp32, DType::fp16, DType::bf16};
  SetOf<DType> kv{DType::fp32, DType::fp16, DType::bf16};
  SetOf<DType> activations{DType::fp32};
  SetOf<DType> accumulate{DType::fp32};
  SetOf<Fidelity> fidelity{Fidelity::hifi2, Fidelity::hifi4};
  SetOf<Fidelity> scores{Fidelity::hifi4};
  SetOf<KvForm> kv_form{KvForm::contiguous};
  SetOf<QkvForm> qkv{QkvForm::fused};
  SetOf<QkvLayout> qkv_layout{QkvLayout::plain};
  SetOf<Layout> layout{Layout::row_major};
  SetOf<KernelVariant> kernel{KernelVariant::naive, KernelVariant::fused, KernelVariant::flash, KernelVariant::own};
  bool own_weights = false;        ///< weight formats of a user's own, besides `weights`
  bool learned_positions = false;  ///< an embedding that adds a second table by position
  [[nodiscard]] constexpr bool takes_weights(DType t) const { return weights.has(t) || (own_weights && is_own_format(t)); }
  constexpr bool operator==(const DeviceSupports&) const = default;
};

/// Facts of a device as values: of one chip, and how many chips there are. Zero means: not limited, or not known
/// before run time (the CPU's limits are measured on the machine).
struct DeviceTraits {
  std::string_view name;                  ///< as `--device` spells it: "ttnn:wormhole_n150"
  DeviceKind kind = DeviceKind::own;
  std::int64_t memory_bytes = 0;          ///< of one chip, what a program can have of it
  int memory_banks = 1;                   ///< DRAM banks a tensor's pages are dealt over
  double read_bytes_per_s = 0;            ///< of one chip
  double interleaved_share = 1;           ///< of it that weights interleaved over the banks are read at: ttnn
  std::array<double, 4> peak_flop_per_s{};///< of one chip with operands of LoFi, HiFi2, HiFi3, HiFi4
  double op_overhead_s = 0;               ///< start of one op on the device
  double cached_bytes_per_s = 0;          ///< that one core reads from its own caches: cpu
  double split_s = 0;                     ///< least work of one core's that two share with a gain: cpu
  int cores = 1;                          ///< of one chip
  int grid_rows = 1;                      ///< the cores as a program sees them
  int grid_columns = 1;
  std::int64_t local_bytes = 0;           ///< L1 of a Tensix core, shared memory of an SM: what one op's buffers share
  std::int64_t local_bank_bytes = 0;      ///< of it, what tensors can have
  std::array<std::int64_t, 3> cache_bytes{};  ///< L1, L2 of one core, L3 of all: cpu
  int tile = 1;                           ///< rows and columns of a tile that sizes are padded to
  int kv_block = 1;                       ///< positions that attention adds up together: a page holds whole blocks
  int max_batch = 0;                      ///< sequences of one decoding step; 0: any
  bool bf16_dot = false;                  ///< multiplies bf16 operands natively (AVX-512 BF16)
  bool hifi4_fp32_defect = false;         ///< with fp32 sums HiFi4 can be less accurate than HiFi3 (Wormhole)
  int threads = 1;
  int product_chips = 1;                  ///< chips of the product
  int mesh_rows = 1;                      ///< the mesh in use
  int mesh_columns = 1;
  double link_bytes_per_s = 0;            ///< between neighbouring chips, each way
  double sum_s = 0;                       ///< to begin a sum over chips and be done with it, besides its bytes
  DeviceSupports supports{};

  [[nodiscard]] constexpr int chips() const { return mesh_rows * mesh_columns; }
  /// Whether the mesh closes into a ring, so that a sum goes both ways round: where it is the whole product's.
  [[nodiscard]] constexpr bool is_ring() const { return chips() > 2 && chips() == product_chips; }
  [[nodiscard]] constexpr double peak(Fidelity f) const {
    return f == Fidelity::automatic ? 0 : peak_flop_per_s[static_cast<std::size_t>(f) - 1];
  }
  constexpr bool operator==(const DeviceTraits&) const = default;
};

/// The one trait that makes a type a device: its facts. A type with `static constexpr DeviceTraits traits` has it; any
/// other type gets it by specialisation, in your own code (examples/own_device.cpp).
template <class D>
struct TraitsOf {};
template <class D>
  requires requires {
    { D::traits } -> std::convertible_to<DeviceTraits>;
  }
struct TraitsOf<D> {
  static constexpr DeviceTraits value = D::traits;
};
template <class D>
inline constexpr DeviceTraits device_traits = TraitsOf<D>::value;

/// What stands as `Device` in `accepts<model, Device>`.
template <class T>
concept Device = requires { TraitsOf<T>::value; };

}  // namespace ttt
