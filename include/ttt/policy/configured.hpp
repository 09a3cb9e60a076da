// The policies a model's type carries, resolved for each module in the one merge order.
#pragma once

#include <array>
#include <cstddef>

#include <ttt/policy/defaults.hpp>
#include <ttt/policy/policy.hpp>
#include <ttt/types/view.hpp>

namespace ttt {

/// What is configured apart within one module: a transformer layer's attention and its feed-forward network.
struct ModuleConfig {
  HardwareConfig attention;
  HardwareConfig mlp;
  HardwareConfig self;  ///< everything else: embedding, head, norms
  constexpr bool operator==(const ModuleConfig&) const = default;
};

namespace types {

template <class PolicyType>
constexpr HardwareConfig config_of() {
  if constexpr (std::is_void_v<PolicyType>) {
    return {};
  } else {
    return PolicyType::config;
  }
}

/// The knobs written on a module and its parts; nothing inherited yet.
template <class M>
constexpr ModuleConfig written_config() {
  const HardwareConfig own = config_of<typename M::policy>();
  ModuleConfig c{own, own, own};
  if constexpr (requires { typename M::attention; })
    c.attention = merged(own, config_of<typename M::attention::policy>());
  if constexpr (requires { typename M::mlp; }) c.mlp = merged(own, config_of<typename M::mlp::policy>());
  return c;
}

template <class R>
struct run_configs;
template <int Count, class... Modules>
struct run_configs<Run<Count, Modules...>> {
  static constexpr std::array<ModuleConfig, sizeof...(Modules)> value{written_config<Modules>()...};
};
template <class M>
struct model_configs;
template <class... Runs>
struct model_configs<Model<Runs...>> {
  static constexpr std::array<std::span<const ModuleConfig>, sizeof...(Runs)> value{
      std::span<const ModuleConfig>(run_configs<Runs>::value)...};
};

}  // namespace types

/// A model with the knobs written on it. `written` is parallel to the model's runs; empty means none anywhere.
struct ConfiguredModel {
  ModelView model;
  std::span<const std::span<const ModuleConfig>> written{};
  HardwareConfig preset{};
  HardwareConfig whole{};  ///< the policy of the model itself

  /// The complete configuration of one module: device default < preset < model < run, layer, module.
  [[nodiscard]] constexpr ModuleConfig resolved(const DeviceTraits& device, std::size_t run,
                                                std::size_t place) const {
    const HardwareConfig base =
        merged(merged(default_config(device, model.runs[run].modules[place].kind), preset), whole);
    if (run >= written.size()) return {base, base, base};
    const ModuleConfig& over = written[run][place];
    return {merged(base, over.attention), merged(base, over.mlp), merged(base, over.self)};
  }
};

/// The values of a model type with the policies it carries.
template <Joinable T>
[[nodiscard]] constexpr ConfiguredModel configured_of(HardwareConfig preset = {}, HardwareConfig whole = {}) {
  using M = typename types::as_model<T>::type;
  return {view_of<T>(), types::model_configs<M>::value, preset, whole};
}

}  // namespace ttt
