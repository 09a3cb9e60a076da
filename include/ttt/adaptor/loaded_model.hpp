// LoadedModel: a checkpoint ready to run, with its tokenizer. What most programs hold.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/find_model.hpp>
#include <ttt/checks/gate.hpp>
#include <ttt/runtime/generation.hpp>
#include <ttt/runtime/own_activations.hpp>

namespace ttt {

/// A handle to an immutable state and the threads and buffers that run it. Copies are cheap and share both;
/// any number of threads may generate at once, their steps take turns.
class LoadedModel {
 public:
  /// What loading needs to know beyond the model itself.
  struct Source {
    std::string folder;    ///< holds the weights and, if there is one, the tokenizer
    ModelConfig config{};  ///< names, generation defaults
  };
  [[nodiscard]] static Result<LoadedModel> create(const StateInput& input, const Source& source,
                                                  LoadOptions options);

  [[nodiscard]] const ModelState& state() const { return runner_->state(); }
  [[nodiscard]] const std::shared_ptr<Runner>& runner() const { return runner_; }
  /// Absent when the folder holds no tokenizer.json.
  [[nodiscard]] const std::optional<Tokenizer>& tokenizer() const { return tokenizer_; }
  [[nodiscard]] const ModelConfig& config() const { return config_; }

  /// Continues a text. Always a range: a refused request is a range without pieces whose `error()` says why.
  [[nodiscard]] Generation generate(std::string_view prompt, GenerateOptions options = {}) const;
  /// Continues token ids.
  [[nodiscard]] Generation generate_ids(std::vector<std::int32_t> prompt, GenerateOptions options = {}) const;
  /// The callback form: `piece` returns false to stop.
  [[nodiscard]] Result<GenerationStats> generate(std::string_view prompt, const GenerateOptions& options,
                                                 const std::function<bool(std::string_view)>& piece) const;

  [[nodiscard]] Result<Session> session() const { return Session::create(runner_->shared_state()); }

 private:
  LoadedModel() = default;
  std::shared_ptr<Runner> runner_;
  std::optional<Tokenizer> tokenizer_;
  ModelConfig config_;
};

/// Any supported checkpoint: a folder, or a hub id found offline in the HuggingFace cache.
/// Errors: those of `find_model`, `read_config`, `make_state` and Tokenizer::load.
[[nodiscard]] Result<LoadedModel> from_huggingface(std::string_view model, const LoadOptions& options = {});

/// A hand-written spec on the weights of a folder. Errors: not_sequential, and as `from_huggingface`.
[[nodiscard]] Result<LoadedModel> from_spec(const ArchitectureSpec& spec, const std::string& folder,
                                            const LoadOptions& options = {});

namespace types {

/// The run-time half of `load`: one function for all models.
[[nodiscard]] Result<LoadedModel> load_static(StateInput input, const std::string& folder,
                                              const LoadOptions& options);

}  // namespace types

/// A model written as a type, on the weights of a folder. The type is checked against the device at compile
/// time; the folder's config.json and weights may only agree with it.
///
///     auto model = ttt::load<llama_3_2_1b, cpu>("path/to/Llama-3.2-1B");
///
/// Errors: config_disagrees, and as `from_huggingface`.
template <auto ModelValue, Device D>
requires(accepts<ModelValue, D>)
    [[nodiscard]] Result<LoadedModel> load(const std::string& folder, const LoadOptions& options = {}) {
  using M = typename types::as_model<type_of<ModelValue>>::type;
  return types::load_static({.model = view_of<M>(),
                             .written = types::model_configs<M>::value,
                             .own_activations = types::own_activations<M>::list()},
                            folder, options);
}

}  // namespace ttt
