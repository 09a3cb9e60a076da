// A module used alone, on tensors: `ttt::make<Attention<8, 2, 64>, cpu>(weights)`.
#pragma once

#include <memory>

#include <ttt/io/result.hpp>
#include <ttt/policy/devices/cpu.hpp>
#include <ttt/runtime/named_kernels.hpp>
#include <ttt/runtime/own_activations.hpp>
#include <ttt/runtime/own_formats.hpp>
#include <ttt/runtime/tensor.hpp>
#include <ttt/spec/architecture.hpp>

namespace ttt {

class ModelState;
class Runner;

/// Any module, or any chain of modules that takes rows, ready to be called. Weights are fp32 and named by their paths:
/// `attention.q.weight` [heads * head_dim, hidden], `mlp.gate.weight`, `norm.weight`, `head.weight`,
/// `layers.0.attention.q.weight`, ...
class LoneModule {
 public:
  /// Errors: those of `make_state` and Runner.
  [[nodiscard]] static Result<LoneModule> create(StateInput input, const TensorMap& weights, LoadOptions options);

  /// x: [rows, in] -> [rows, out]. Rows are the positions 0, 1, ... of one sequence; each call is a new sequence.
  /// Errors: tensor_shape, those of Runner::step.
  [[nodiscard]] Result<Tensor> operator()(const Tensor& x) const;

  /// What it runs; complete with <ttt/runtime/runner.hpp>.
  [[nodiscard]] const ModelState& state() const;

 private:
  explicit LoneModule(std::shared_ptr<Runner> runner) : runner_(std::move(runner)) {}
  std::shared_ptr<Runner> runner_;
};

/// A module alone computes as HuggingFace does in fp32.
[[nodiscard]] inline LoadOptions exact_options(kernels::KernelSource kernels = nullptr) {
  LoadOptions options;
  options.preset = Preset::exact;
  options.kernels = kernels;
  return options;
}

/// A module type on its weights.
template <auto ModuleValue, Device D>
[[nodiscard]] Result<LoneModule> make(const TensorMap& weights, LoadOptions options = exact_options()) {
  using M = typename types::as_model<type_of<ModuleValue>>::type;
  return LoneModule::create({.model = view_of<M>(),
                             .written = types::model_configs<M>::value,
                             .own_activations = types::own_activations<M>::list(),
                             .own_kernels = types::own_kernels<M>::value,
                             .own_formats = types::own_formats<M>,
                             .kernels = types::named_kernels<M, DType::fp32>},
                            weights, std::move(options));
}

/// The same for a value. Header-only programs name the kernels of activations other than SiLU in the options.
template <Device D = cpu>
[[nodiscard]] Result<LoneModule> make_module(const LayerSpec& spec, const TensorMap& weights, D = {},
                                             LoadOptions options = exact_options(with<DType::fp32>)) {
  const RunSpec run{{&spec.module, 1}, 1};
  return LoneModule::create({.model = {{&run, 1}}}, weights, std::move(options));
}

}  // namespace ttt
