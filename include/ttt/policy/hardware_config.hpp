// HardwareConfig: the value form of a Policy. How a module runs, never what it computes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ttt/spec/dtype.hpp>

namespace ttt {

/// Operand precision of an op group (design rule 14). On cpu: LoFi = int8 activations, HiFi2 = bf16 operands,
/// HiFi3 = activations split into two bf16, HiFi4 = fp32 operands. On ttnn: 1 to 4 phases of the multiplier.
enum class Fidelity : std::uint8_t { automatic, lofi, hifi2, hifi3, hifi4 };
enum class KvForm : std::uint8_t { automatic, contiguous, paged };

/// The groups of matrices that a weight format or a sharding can be given for.
enum class WeightGroup : std::uint8_t { qkv, o, gate_up, down, embedding, head };
inline constexpr std::size_t weight_group_count = 6;

[[nodiscard]] constexpr std::string_view name_of(Fidelity f) noexcept {
  switch (f) {
    case Fidelity::automatic: return "auto";
    case Fidelity::lofi: return "LoFi";
    case Fidelity::hifi2: return "HiFi2";
    case Fidelity::hifi3: return "HiFi3";
    case Fidelity::hifi4: return "HiFi4";
  }
  return "?";
}
[[nodiscard]] constexpr std::string_view name_of(WeightGroup g) noexcept {
  constexpr std::string_view names[] = {"qkv", "o", "gate_up", "down", "embedding", "head"};
  return names[static_cast<std::size_t>(g)];
}

/// Every knob; `automatic` (0 for numbers) means inherited, and after the last merge: the device's choice.
struct HardwareConfig {
  std::array<DType, weight_group_count> weights{};
  DType activations = DType::automatic;
  DType accumulate = DType::automatic;
  DType kv = DType::automatic;
  Fidelity fidelity = Fidelity::automatic;
  KvForm kv_form = KvForm::automatic;
  int page = 0;   ///< positions of one KV page
  int chunk = 0;  ///< prompt tokens of one step

  [[nodiscard]] constexpr DType weight(WeightGroup g) const { return weights[static_cast<std::size_t>(g)]; }
  constexpr void set_weights(DType t) { weights.fill(t); }
  constexpr bool operator==(const HardwareConfig&) const = default;
};

/// `over` where it says something, `base` elsewhere: the one place where policies merge. The order is device
/// default < preset < model < run < layer < module (design rule 12); callers fold in that order.
[[nodiscard]] constexpr HardwareConfig merged(HardwareConfig base, const HardwareConfig& over) {
  auto take = [](auto& mine, const auto& theirs) {
    if (theirs != std::remove_cvref_t<decltype(mine)>{}) mine = theirs;
  };
  for (std::size_t i = 0; i < weight_group_count; ++i) take(base.weights[i], over.weights[i]);
  take(base.activations, over.activations);
  take(base.accumulate, over.accumulate);
  take(base.kv, over.kv);
  take(base.fidelity, over.fidelity);
  take(base.kv_form, over.kv_form);
  take(base.page, over.page);
  take(base.chunk, over.chunk);
  return base;
}

}  // namespace ttt
