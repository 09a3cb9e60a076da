// What every knob of a model came to, and who said it.
#pragma once

#include <string>
#include <vector>

#include <ttt/policy/configured.hpp>

namespace ttt {

/// One knob of one module, or of layers that are alike.
struct ResolvedKnob {
  std::string path;   ///< `model`, `embedding`, `layers.0-14.attention`
  std::string knob;   ///< as `--policy` spells it: `weights.qkv`
  std::string value;  ///< `bf16`, `256`, `own:NAME`
  Level origin = Level::device;
  bool operator==(const ResolvedKnob&) const = default;
};

/// The knobs that a model's modules run with, in the model's order; those that mean nothing to a module are
/// left out.
struct Resolved {
  std::vector<ResolvedKnob> rows;
  /// A block of lines for each path; paths with equal blocks share one.
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] Resolved resolved(const ConfiguredModel& model, const DeviceTraits& device);

/// Of a declared model: `resolved(llama_3_2_1b, device_traits<cpu>)`, `resolved<llama_3_2_1b, cpu>()`.
template <Joinable M>
[[nodiscard]] Resolved resolved(const M&, const DeviceTraits& device) {
  return resolved(configured_of<M>(), device);
}
template <auto Model, Device D>
[[nodiscard]] Resolved resolved() {
  return resolved(configured_of<type_of<Model>>(), device_traits<D>);
}

namespace resolving {

/// The knobs of one module by its place: paths are what stands behind the module's own, `.attention` or
/// nothing.
[[nodiscard]] std::vector<ResolvedKnob> knobs_of(const ConfiguredModel& model, const DeviceTraits& device,
                                                 std::size_t run, std::size_t place);
/// Those of the model as a whole.
[[nodiscard]] std::vector<ResolvedKnob> model_knobs(const ConfiguredModel& model, const DeviceTraits& device);

}  // namespace resolving
}  // namespace ttt
