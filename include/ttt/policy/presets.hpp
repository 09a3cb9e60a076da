// Presets: named starting points between a device's defaults and what a user says.
#pragma once

#include <string_view>

#include <ttt/policy/device.hpp>
#include <ttt/spec/module.hpp>

namespace ttt {

/// `standard` is the device's default. `exact` computes as HuggingFace does in fp32, or as near as the device can.
/// `memory`, `balanced`, `speed`, `accuracy`: what to give up for what; docs/policies.md has the trade in numbers.
enum class Preset : std::uint8_t { standard, exact, memory, balanced, speed, accuracy };
inline constexpr std::size_t preset_count = 6;

[[nodiscard]] constexpr std::string_view name_of(Preset p) noexcept {
  constexpr std::string_view names[] = {"standard", "exact", "memory", "balanced", "speed", "accuracy"};
  return names[static_cast<std::size_t>(p)];
}

namespace presets {

/// Weights as stored, all else in fp32.
[[nodiscard]] constexpr HardwareConfig fp32_throughout() {
  HardwareConfig c;
  c.set_weights(DType::stored);
  c.activations = c.accumulate = c.kv = DType::fp32;
  c.set_fidelity(Fidelity::hifi4);
  c.set_scores(Fidelity::hifi4);
  return c;
}

[[nodiscard]] constexpr HardwareConfig cpu(const DeviceTraits& device, Preset preset) {
  HardwareConfig c;
  const Fidelity fast = device.bf16_dot ? Fidelity::hifi2 : Fidelity::hifi4;
  switch (preset) {
    case Preset::exact: return fp32_throughout();
    case Preset::accuracy:
      c.set_weights(DType::stored);
      c.set_fidelity(Fidelity::hifi4);
      break;
    case Preset::balanced:
      c.set_weights(DType::int8);
      c.set_fidelity(fast);
      break;
    case Preset::speed:  // the fidelity stays open: it is LoFi unless someone says other weights
      c.set_weights(DType::int8);
      break;
    case Preset::memory:
      c.set_weights(DType::int4);
      for (const WeightGroup g : {WeightGroup::embedding, WeightGroup::head})
        c.weights[static_cast<std::size_t>(g)] = DType::int8;  // the table counts most: docs/policies.md has the numbers
      c.chunk = 64;
      break;
    case Preset::standard: break;
  }
  return c;
}

/// A device that ttt has no kernels for.
[[nodiscard]] constexpr HardwareConfig own(const DeviceTraits& device, Preset preset) {
  if (preset == Preset::exact || preset == Preset::accuracy) return cpu(device, preset);
  HardwareConfig c;
  if (preset == Preset::speed || preset == Preset::memory) c.set_weights(DType::bf16);
  if (preset == Preset::memory) c.chunk = 64;
  return c;
}

/// TTNN's `performance` (here `speed`) and `accuracy` settings.
[[nodiscard]] constexpr HardwareConfig ttnn(Preset preset, PartName part) {
  HardwareConfig c;
  auto gate_up = static_cast<std::size_t>(WeightGroup::gate_up);
  switch (preset) {
    case Preset::exact:
      c.set_weights(DType::bf16);
      c.activations = c.kv = DType::bf16;
      c.accumulate = DType::fp32;
      c.set_fidelity(Fidelity::hifi4);
      c.set_scores(Fidelity::hifi4);
      break;
    case Preset::accuracy:
      if (part == PartName::attention) {
        c.set_weights(DType::bf16);
        c.kv = DType::bf16;
        c.set_fidelity(Fidelity::hifi4);
        c.set_scores(Fidelity::hifi4);
      }
      break;
    case Preset::speed:
      c.weights[gate_up] = DType::bfloat4_b;
      c.fidelity[gate_up] = Fidelity::lofi;
      break;
    case Preset::memory:
      if (part == PartName::mlp) {
        c.set_weights(DType::bfloat4_b);
        c.set_fidelity(Fidelity::lofi);
      }
      break;
    case Preset::standard:
    case Preset::balanced: break;
  }
  return c;
}

[[nodiscard]] constexpr HardwareConfig cuda(Preset preset) {
  HardwareConfig c;
  switch (preset) {
    case Preset::exact: return fp32_throughout();
    case Preset::accuracy:
      c.activations = DType::fp32;
      c.set_scores(Fidelity::hifi4);
      break;
    case Preset::speed:
    case Preset::memory:
      c.set_weights(DType::bf16);
      break;
    case Preset::standard:
    case Preset::balanced: break;
  }
  return c;
}

}  // namespace presets

/// What a preset sets for one part of a module on a device; the rest is the device's default, which is `balanced` where
/// ttt quantises nothing by itself.
[[nodiscard]] constexpr HardwareConfig preset_config(Preset preset, const DeviceTraits& device = {},
                                                     PartName part = PartName::whole) {
  switch (device.kind) {
    case DeviceKind::ttnn: return presets::ttnn(preset, part);
    case DeviceKind::cuda: return presets::cuda(preset);
    case DeviceKind::own: return presets::own(device, preset);
    case DeviceKind::cpu: break;
  }
  return presets::cpu(device, preset);
}

}  // namespace ttt
