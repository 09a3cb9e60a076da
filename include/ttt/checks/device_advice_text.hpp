// Device advice as text: what it is about, what it says, and the policy that does it.
#pragma once

#include <string>

#include <ttt/checks/device_advice.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

/// Its category in tt-perf-report: "DRAM sharding", "fidelity", ...
[[nodiscard]] constexpr std::string_view category_of(const DeviceAdvice& a) {
  constexpr std::string_view all[] = {
#define TTT_DEVICE_ADVICE(name, category, sentence, knobs) category,
#include <ttt/checks/device_advices.def>
#undef TTT_DEVICE_ADVICE
  };
  return all[static_cast<std::size_t>(a.name)];
}

/// The op it is about, of the first layer it holds for: `layers.0.mlp.gate_up`, `model`.
[[nodiscard]] TTT_INLINE std::string place_of(const DeviceAdvice& a, const ModelView& model);
/// The sentence, without the place.
[[nodiscard]] TTT_INLINE std::string advice_text(const DeviceAdvice& a);
/// What `--policy` takes to follow it, for every layer it holds for; empty where ttt has no knob for it.
[[nodiscard]] TTT_INLINE std::string policy_of(const DeviceAdvice& a, const ModelView& model);

}  // namespace ttt
