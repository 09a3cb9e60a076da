// The knobs as tags: what stands inside `Policy<...>`. Each turns one axis of HardwareConfig.
#pragma once

#include <concepts>

#include <ttt/policy/hardware_config.hpp>

namespace ttt {

/// Position of an axis in the normal order of a Policy's knobs.
enum class Axis {
  fidelity, weights, weights_qkv, weights_o, weights_gate_up, weights_down, weights_embedding, weights_head,
  activations, accumulate, kv, kv_form, chunk
};

/// A knob names its axis and sets it.
template <class T>
concept Knob = requires(HardwareConfig c) {
  { T::axis } -> std::convertible_to<Axis>;
  T::apply(c);
};

template <Fidelity Value>
struct WithFidelity {
  static constexpr Axis axis = Axis::fidelity;
  static constexpr void apply(HardwareConfig& c) { c.fidelity = Value; }
};
using LoFi = WithFidelity<Fidelity::lofi>;
using HiFi2 = WithFidelity<Fidelity::hifi2>;
using HiFi3 = WithFidelity<Fidelity::hifi3>;
using HiFi4 = WithFidelity<Fidelity::hifi4>;

/// Format of every matrix: `Weights<DType::bf16>`.
template <DType Type>
struct Weights {
  static constexpr Axis axis = Axis::weights;
  static constexpr void apply(HardwareConfig& c) { c.set_weights(Type); }
};
/// Format of one group: `WeightsOf<WeightGroup::qkv, DType::bf16>`; wins over `Weights` in the same policy.
template <WeightGroup Group, DType Type>
struct WeightsOf {
  static constexpr Axis axis = static_cast<Axis>(static_cast<int>(Axis::weights_qkv) + static_cast<int>(Group));
  static constexpr void apply(HardwareConfig& c) { c.weights[static_cast<std::size_t>(Group)] = Type; }
};
template <DType Type>
struct Activations {
  static constexpr Axis axis = Axis::activations;
  static constexpr void apply(HardwareConfig& c) { c.activations = Type; }
};
template <DType Type>
struct Accumulate {
  static constexpr Axis axis = Axis::accumulate;
  static constexpr void apply(HardwareConfig& c) { c.accumulate = Type; }
};
/// Format of keys and values in the cache.
template <DType Type>
struct Kv {
  static constexpr Axis axis = Axis::kv;
  static constexpr void apply(HardwareConfig& c) { c.kv = Type; }
};
struct ContiguousKv {
  static constexpr Axis axis = Axis::kv_form;
  static constexpr void apply(HardwareConfig& c) { c.kv_form = KvForm::contiguous; }
};
template <int PagePositions>
struct PagedKv {
  static constexpr Axis axis = Axis::kv_form;
  static constexpr void apply(HardwareConfig& c) {
    c.kv_form = KvForm::paged;
    c.page = PagePositions;
  }
};
/// Prompt tokens of one step.
template <int Tokens>
struct Chunk {
  static constexpr Axis axis = Axis::chunk;
  static constexpr void apply(HardwareConfig& c) { c.chunk = Tokens; }
};

}  // namespace ttt
