// The policies a model carries, resolved for each module in the one merge order.
#pragma once

#include <array>
#include <cstddef>

#include <ttt/policy/defaults.hpp>
#include <ttt/policy/policy.hpp>
#include <ttt/policy/presets.hpp>
#include <ttt/policy/use.hpp>
#include <ttt/types/view.hpp>

namespace ttt {

/// Who said it. Later ones count more (design rule 12).
enum class Level : std::uint8_t { device, preset, model, run, layer, module };
[[nodiscard]] constexpr std::string_view name_of(Level l) noexcept {
  constexpr std::string_view names[] = {"device", "preset", "model", "run", "layer", "module"};
  return names[static_cast<std::size_t>(l)];
}

/// The complete configuration of a module's parts.
struct ModuleConfig {
  HardwareConfig attention;
  HardwareConfig mlp;
  HardwareConfig self;  ///< everything else: embedding, head, norms
  [[nodiscard]] constexpr const HardwareConfig& of(PartName part) const {
    return part == PartName::attention ? attention : part == PartName::mlp ? mlp : self;
  }
  constexpr bool operator==(const ModuleConfig&) const = default;
};

/// The knobs said for one module and what is around it; nothing inherited yet. A layer has parts, and `self` is the
/// layer's own; any other module says all in `self`.
struct WrittenConfig {
  HardwareConfig model;
  HardwareConfig run;
  HardwareConfig self;
  HardwareConfig attention;
  HardwareConfig mlp;
  constexpr bool operator==(const WrittenConfig&) const = default;
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

/// The knobs written on a module type, on its parts and on what is around it.
template <class M>
constexpr WrittenConfig written_config() {
  using around = surroundings<M>;
  WrittenConfig c{config_of<typename around::model_policy>(), config_of<typename around::run_policy>(),
                  config_of<typename M::policy>(), {}, {}};
  if constexpr (requires { typename M::attention; }) c.attention = config_of<typename M::attention::policy>();
  if constexpr (requires { typename M::mlp; }) c.mlp = config_of<typename M::mlp::policy>();
  return c;
}

template <class R>
struct run_configs;
template <int Count, class... Modules>
struct run_configs<Run<Count, Modules...>> {
  static constexpr std::array<WrittenConfig, sizeof...(Modules)> value{written_config<Modules>()...};
};
template <class M>
struct model_configs;
template <class... Runs>
struct model_configs<Model<Runs...>> {
  static constexpr std::array<std::span<const WrittenConfig>, sizeof...(Runs)> value{
      std::span<const WrittenConfig>(run_configs<Runs>::value)...};
};

}  // namespace types

/// A model with the knobs said for it. `written` is parallel to the model's runs; empty means none anywhere.
struct ConfiguredModel {
  ModelView model;
  std::span<const std::span<const WrittenConfig>> written{};
  Preset preset = Preset::standard;
  HardwareConfig whole{};  ///< said of the whole model at run time; counts more than what its type says of the whole
  std::span<const OwnKernelEntry> own_kernels{};  ///< those that policies may name

  /// Where the own kernel of a name stands among them, or -1.
  [[nodiscard]] constexpr int own_kernel(std::string_view name) const {
    for (std::size_t i = 0; i < own_kernels.size(); ++i)
      if (own_kernels[i].name == name) return static_cast<int>(i);
    return -1;
  }

  /// The complete configuration of one part of one module: device default < preset < model < run < layer < module.
  [[nodiscard]] constexpr HardwareConfig resolved(const DeviceTraits& device, std::size_t run, std::size_t place,
                                                  PartName part) const {
    HardwareConfig c = default_config(device, model.runs[run].modules[place], part);
    c.set_fidelity(Fidelity::automatic);  // the default follows from the weights
    if (preset != Preset::standard) c = merged(c, preset_config(preset, device, part));
    c = merged(c, said(run, place, part));
    for (std::size_t g = 0; g < weight_group_count; ++g)
      if (c.fidelity[g] == Fidelity::automatic) c.fidelity[g] = default_fidelity(device, c.weights[g]);
    return c;
  }
  /// What policies say of one part, the device's default and the preset left out.
  [[nodiscard]] constexpr HardwareConfig said(std::size_t run, std::size_t place, PartName part) const {
    if (run >= written.size()) return whole;
    const WrittenConfig& w = written[run][place];
    const HardwareConfig c = merged(merged(merged(w.model, whole), w.run), w.self);
    return part == PartName::attention ? merged(c, w.attention) : part == PartName::mlp ? merged(c, w.mlp) : c;
  }
  [[nodiscard]] constexpr ModuleConfig resolved(const DeviceTraits& device, std::size_t run,
                                                std::size_t place) const {
    const ModuleSpec& m = model.runs[run].modules[place];
    ModuleConfig c;
    if (m.has_attention()) c.attention = resolved(device, run, place, PartName::attention);
    if (m.has_mlp()) c.mlp = resolved(device, run, place, PartName::mlp);
    c.self = resolved(device, run, place, PartName::whole);
    return c;
  }
};

/// The values of a model type with the policies it carries.
template <Joinable T>
[[nodiscard]] constexpr ConfiguredModel configured_of(Preset preset = Preset::standard, HardwareConfig whole = {}) {
  using M = typename types::as_model<T>::type;
  return {view_of<T>(), types::model_configs<M>::value, preset, whole, types::own_kernels<M>::value};
}

}  // namespace ttt
