// Defaults per device and module, presets, and the resolution of `automatic`.
#pragma once

#include <string_view>

#include <ttt/policy/device.hpp>
#include <ttt/spec/option.hpp>

namespace ttt {

/// Named starting points. `standard` is the device's default (fast, the checkpoint's own weight formats);
/// `exact` computes as HuggingFace does in fp32.
enum class Preset : std::uint8_t { standard, exact };

/// The device's default for one kind of module. On the CPU weights stay as stored; keys and values are fp16 (10
/// mantissa bits where bf16 has 7, at the same width); products take bf16 operands where the processor multiplies
/// them natively.
[[nodiscard]] constexpr HardwareConfig default_config(const DeviceTraits& device, ModuleKind) {
  HardwareConfig c;
  c.set_weights(DType::stored);
  c.activations = DType::fp32;
  c.accumulate = DType::fp32;
  c.kv = DType::fp16;
  c.fidelity = device.bf16_dot ? Fidelity::hifi2 : Fidelity::hifi4;
  c.kv_form = KvForm::contiguous;
  c.page = 256;
  c.chunk = 256;
  return c;
}

[[nodiscard]] constexpr HardwareConfig preset_config(Preset preset) {
  HardwareConfig c;
  if (preset == Preset::exact) {
    c.set_weights(DType::stored);
    c.activations = c.accumulate = c.kv = DType::fp32;
    c.fidelity = Fidelity::hifi4;
  }
  return c;
}

}  // namespace ttt
