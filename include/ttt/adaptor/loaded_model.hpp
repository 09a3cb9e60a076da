// LoadedModel: a checkpoint ready to run, with its tokenizer. What most programs hold.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ttt/adaptor/module_handle.hpp>
#include <ttt/checks/gate.hpp>
#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/named_kernels.hpp>
#include <ttt/runtime/own_activations.hpp>
#include <ttt/runtime/own_formats.hpp>
#include <ttt/spec/architecture.hpp>

namespace ttt {

struct OptimizeOptions;
struct OptimizeReport;
struct ProfileOptions;
struct ProfileReport;
struct TuneOptions;
struct TuneReport;
class ModelState;
class TensorSource;
class Session;
struct Batching;
struct ModelConfig;

/// A handle to an immutable state and the threads and buffers that run it. Copies are cheap and share both;
/// any number of threads may generate at once, their steps take turns.
///
/// How it runs can be changed at any time, from any thread: a change builds a new state from what the old one has and
/// what must be packed anew, checks it by the rules of the compiler, and puts it in the old one's place, for all copies.
/// A refused change leaves the model as it was. Sessions and generations go over to the new state at their next step if
/// both keep keys and values alike (KV dtype, form and page of every attention), else when they are reset; a session of
/// before and one of after such a change cannot share a step.
class LoadedModel {
 public:
  /// `model.layers[15].attention.apply_hw_config(config)`, `.mlp`, or the layer itself.
  LayerHandles layers;

  /// Any module by its path: `embedding`, `head`, `norm`, `layers.3.mlp`; or several: `layers.0-3.attention`,
  /// `layers.*.mlp`.
  [[nodiscard]] ModuleHandle module(std::string path) const { return {tuned_, std::move(path)}; }
  /// Turns knobs of the whole model. What was said of single runs, layers or modules counts more and stays.
  /// Errors: as ModuleHandle::apply_hw_config.
  [[nodiscard]] Result<Applied> apply_hw_config(const HardwareConfig& config) const { return module({}).apply_hw_config(config); }
  template <class P>
    requires requires { typename P::is_policy; }
  [[nodiscard]] Result<Applied> apply_hw_config(const P& policy) const {
    return module({}).apply_hw_config(policy);
  }
  /// Several at once, later ones over earlier ones: all or none. An empty path is the whole model.
  [[nodiscard]] Result<Applied> apply_tuning(std::span<const PathPolicy> policies) const;
  /// The preset of that name, below every knob that was turned. Errors: preset_unknown, and as `apply_hw_config`.
  [[nodiscard]] Result<Applied> apply_optimization_preset(std::string_view name) const;
  /// Takes back the last change that was not taken back. Errors: nothing_to_undo, and as `apply_hw_config`.
  [[nodiscard]] Result<Applied> undo() const;
  /// What a module runs with: `layers.15.attention`. Errors: as ModuleHandle::hw_config.
  [[nodiscard]] Result<HardwareConfig> hw_config(std::string path) const { return module(std::move(path)).hw_config(); }
  /// Preset, policy and tuning as they stand: with them the model loads as it is now.
  [[nodiscard]] LoadOptions options() const;

  /// `config` says where the weights and the tokenizer lie, how tensors are named and how text is generated.
  [[nodiscard]] static Result<LoadedModel> create(const StateInput& input, const ModelConfig& config,
                                                  LoadOptions options);

  /// Complete with <ttt/engine.hpp>. Valid until the next change; `runner()->shared_state()` keeps it.
  [[nodiscard]] const ModelState& state() const;
  [[nodiscard]] const std::shared_ptr<Runner>& runner() const { return runner_; }
  /// Where the weights come from; complete with <ttt/runtime/tensor_source.hpp>.
  [[nodiscard]] const TensorSource& source() const;
  [[nodiscard]] Result<Session> session() const;
  /// What the folder says of its model; complete with <ttt/adaptor/config.hpp>.
  [[nodiscard]] const ModelConfig& config() const { return *config_; }
  /// Absent when the folder holds no tokenizer.json.
  [[nodiscard]] const std::optional<Tokenizer>& tokenizer() const { return tokenizer_; }
  /// The tokens of a text. Errors: tokenizer_missing, those of Tokenizer::encode.
  [[nodiscard]] Result<std::vector<std::int32_t>> encode(std::string_view text, bool add_special_tokens = true) const;

  /// Runs prompts and decoding steps and says of every op how long it took, how long it should, and what to try; nobody
  /// else steps the model meanwhile. Complete with <ttt/profile.hpp>.
  /// Errors: tokenizer_missing (`text` without a tokenizer), profile_impossible, those of steps and of calibration.
  [[nodiscard]] Result<ProfileReport> profile(const ProfileOptions& options) const;
  /// The same with a text as the prompt.
  [[nodiscard]] Result<ProfileReport> profile(std::string_view prompt) const;

  /// Compares the model as it is configured with the fp32 reference, or with another framework's activations: where the
  /// numbers go wrong first, and whose fault it is. Complete with <ttt/verify.hpp>.
  /// Errors: tokenizer_missing (`text` without a tokenizer), verify_impossible, does_not_fit, those of activations files.
  [[nodiscard]] Result<VerifyReport> verify(const VerifyOptions& options) const;
  [[nodiscard]] Result<VerifyReport> verify() const;

  /// Tries what a profile suggests, one change after the other, on this model: what makes it faster beyond the noise and
  /// keeps its results right stays, everything else is taken back. Complete with <ttt/profile/optimize.hpp>.
  /// Errors: those of `measure`, `verify` and changes.
  [[nodiscard]] Result<OptimizeReport> optimize(const ProfileReport& report, const OptimizeOptions& options) const;

  /// Searches for policies that serve a goal within a floor of accuracy, and runs as the best of them afterwards, as
  /// `ttt::tune(model, options)` does. Complete with <ttt/tune.hpp>.
  [[nodiscard]] Result<TuneReport> tune(const TuneOptions& options) const;

  /// Continues a text. Always a range: a refused request is a range without pieces whose `error()` says why.
  [[nodiscard]] Generation generate(std::string_view prompt, GenerateOptions options = {}) const;
  /// Continues token ids.
  [[nodiscard]] Generation generate_ids(std::vector<std::int32_t> prompt, GenerateOptions options = {}) const;
  /// The callback form: `piece` takes a std::string_view and returns false to stop.
  template <class Piece>
    requires std::predicate<Piece&, std::string_view>
  [[nodiscard]] Result<GenerationStats> generate(std::string_view prompt, GenerateOptions options, Piece&& piece) const {
    Generation text = generate(prompt, std::move(options));
    for (const std::string_view p : text)
      if (!piece(p)) break;
    if (text.error() != nullptr) return *text.error();
    return text.stats();
  }

  /// Continues many texts, as many at once as the model was loaded for (`LoadOptions::workload.batch`), in the same steps;
  /// results in the order of the requests, each with its own error if it failed. Include <ttt/batch.hpp>.
  ///
  ///     for (const BatchText& t : model->generate_batch({"Once", "Twice"}, {.max_new_tokens = 40})) ...
  template <class B = Batching>
  [[nodiscard]] auto generate_batch(typename B::Requests requests, const GenerateOptions& options = {},
                                    const typename B::Piece& piece = {}) const {
    return B::generate(*this, requests, options, piece);
  }
  /// A queue that texts can be put into at any time, from any thread. Include <ttt/batch.hpp>.
  template <class B = Batching>
  [[nodiscard]] auto scheduler(typename B::Options options = {}) const {
    return B::scheduler(*this, std::move(options));
  }
  /// The options with what they leave out: the model's end-of-sequence ids and sampling.
  [[nodiscard]] GenerateOptions completed(GenerateOptions options) const;

 private:
  LoadedModel() = default;
  std::shared_ptr<TunedModel> tuned_;
  std::shared_ptr<Runner> runner_;
  std::optional<Tokenizer> tokenizer_;
  std::shared_ptr<const ModelConfig> config_;
};

/// Any supported checkpoint: a folder, or a hub id found offline in the HuggingFace cache.
/// Errors: those of `find_model`, `read_config`, `make_state` and Tokenizer::load.
[[nodiscard]] Result<LoadedModel> from_huggingface(std::string_view model, const LoadOptions& options = {});

/// A hand-written spec on the weights of a folder. Errors: not_sequential, and as `from_huggingface`.
[[nodiscard]] Result<LoadedModel> from_spec(const ArchitectureSpec& spec, const std::string& folder,
                                            const LoadOptions& options = {});

namespace types {

/// The run-time half of `load`: one function for all models.
[[nodiscard]] Result<LoadedModel> load_static(StateInput input, std::string_view model,
                                              const LoadOptions& options);

}  // namespace types

/// A model written as a type, on the weights of a folder, which is named as for `from_huggingface`. The type is checked
/// against the device at compile time; the folder's config.json and weights may only agree with it.
///
///     auto model = ttt::load<llama_3_2_1b, cpu>("path/to/Llama-3.2-1B");
///
/// Errors: config_disagrees, and as `from_huggingface`.
template <auto ModelValue, Device D>
requires(accepts<ModelValue, D>)
    [[nodiscard]] Result<LoadedModel> load(std::string_view model, const LoadOptions& options = {}) {
  using M = typename types::as_model<type_of<ModelValue>>::type;
  return types::load_static({.model = view_of<M>(),
                             .written = types::model_configs<M>::value,
                             .own_activations = types::own_activations<M>::list(),
                             .own_kernels = types::own_kernels<M>::value,
                             .own_formats = types::own_formats<M>,
                             .kernels = types::named_kernels<M>},
                            model, options);
}

}  // namespace ttt
