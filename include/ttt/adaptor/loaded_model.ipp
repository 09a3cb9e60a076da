// Definitions of loaded_model.hpp.
#pragma once

#include <ttt/adaptor/config.hpp>
#include <ttt/adaptor/families.hpp>
#include <ttt/adaptor/find_model.hpp>
#include <ttt/adaptor/loaded_model.hpp>
#include <ttt/adaptor/spec_fields.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/tuned_model.hpp>
#include <ttt/types/spec_of.hpp>

namespace ttt {

TTT_INLINE Result<LoadedModel> LoadedModel::create(const StateInput& input, const ModelConfig& config,
                                                   LoadOptions options) {
  LoadedModel m;
  m.config_ = std::make_shared<const ModelConfig>(config);
  if (is_regular_file(path_in(config.folder, "tokenizer.json"))) {
    TTT_TRY(Tokenizer tokenizer, Tokenizer::load(config.folder));
    m.tokenizer_.emplace(std::move(tokenizer));
  }
  TTT_TRY(Checkpoint checkpoint, Checkpoint::open(config.folder));
  options.names = config.names;
  TTT_TRY(m.tuned_, TunedModel::create(input, std::make_unique<const CheckpointSource>(std::move(checkpoint), config.names),
                                       std::move(options)));
  m.runner_ = m.tuned_->runner();
  m.layers = LayerHandles(m.tuned_);
  return m;
}

TTT_INLINE Result<Applied> LoadedModel::apply_tuning(std::span<const PathPolicy> policies) const {
  return tuned_->apply(policies);
}
TTT_INLINE Result<Applied> LoadedModel::apply_optimization_preset(std::string_view name) const {
  return tuned_->apply_preset(name);
}
TTT_INLINE Result<Applied> LoadedModel::undo() const { return tuned_->undo(); }
TTT_INLINE LoadOptions LoadedModel::options() const { return tuned_->options(); }

TTT_INLINE const ModelState& LoadedModel::state() const { return runner_->state(); }
TTT_INLINE const TensorSource& LoadedModel::source() const { return tuned_->source(); }
TTT_INLINE Result<Session> LoadedModel::session() const { return Session::create(runner_->shared_state()); }

TTT_INLINE Result<std::vector<std::int32_t>> LoadedModel::encode(std::string_view text, bool add_special_tokens) const {
  if (!tokenizer_)
    return make_error(ErrorKind::tokenizer, "tokenizer_missing", "prompt",
                      "the model's folder holds no tokenizer.json, so text cannot be read",
                      "add the checkpoint's tokenizer.json, or give token ids", config_->folder);
  return tokenizer_->encode(text, add_special_tokens);
}

TTT_INLINE Generation LoadedModel::generate(std::string_view prompt, GenerateOptions options) const {
  auto ids = encode(prompt, options.add_special_tokens);
  if (!ids) return Generation::failed(ids.error());
  // A model whose tokenizer puts nothing in front still has a beginning: an empty text starts from it.
  if (ids->empty() && config_->generation.bos) ids->push_back(*config_->generation.bos);
  return generate_ids(std::move(*ids), std::move(options));
}

TTT_INLINE GenerateOptions LoadedModel::completed(GenerateOptions options) const {
  const GenerationConfig& g = config_->generation;
  if (!options.eos) options.eos.emplace(g.eos.begin(), g.eos.end());
  // As in transformers, the repetition penalty counts for greedy choice too; the filters only when sampling.
  if (!options.sampling) {
    options.sampling.emplace();
    options.sampling->repetition_penalty = static_cast<float>(g.repetition_penalty);
    if (g.do_sample) {
      options.sampling->temperature = static_cast<float>(g.temperature);
      options.sampling->top_k = g.top_k;
      options.sampling->top_p = static_cast<float>(g.top_p);
      options.sampling->min_p = static_cast<float>(g.min_p);
    }
  }
  return options;
}

TTT_INLINE Generation LoadedModel::generate_ids(std::vector<std::int32_t> prompt,
                                                GenerateOptions options) const {
  auto generation = Generation::create(runner_, tokenizer_, std::move(prompt), completed(std::move(options)));
  return generation ? std::move(*generation) : Generation::failed(generation.error());
}

TTT_INLINE Result<LoadedModel> from_huggingface(std::string_view model, const LoadOptions& options) {
  TTT_TRY(const std::string folder, find_model(model));
  TTT_TRY(const ModelConfig config, read_config(folder));
  const OwnedModel values(config.spec);
  const int max_position = config.spec.max_sequence_length;
  return LoadedModel::create({.model = values.view(), .max_position = max_position}, config, options);
}

TTT_INLINE Result<LoadedModel> from_spec(const ArchitectureSpec& spec, const std::string& folder,
                                         const LoadOptions& options) {
  if (const auto edge = first_non_sequential(spec))
    return make_error(ErrorKind::config, "not_sequential", edge->from + " -> " + edge->to,
                      "this connection leaves the order of the layers, and graphs are not supported yet",
                      "connect each layer to the next, or leave `connections` empty");
  if (find_family(spec.model_type) == nullptr) {
    const std::string_view nearest = nearest_family(spec.model_type);
    return make_error(ErrorKind::config, "model_type_unknown", "model_type",
                      "\"" + spec.model_type + "\" is no known family" +
                          (nearest.empty() ? "" : "; the nearest is \"" + std::string(nearest) + "\""),
                      "use one of: " + family_list());
  }
  const OwnedModel values(spec);
  ModelConfig config;
  config.folder = folder;
  config.spec = spec;
  config.names = names_of(spec.model_type);
  return LoadedModel::create({.model = values.view(), .max_position = spec.max_sequence_length}, config, options);
}

TTT_INLINE Result<LoadedModel> types::load_static(StateInput input, std::string_view model,
                                                  const LoadOptions& options) {
  TTT_TRY(const std::string folder, find_model(model));
  TTT_TRY(const ModelConfig config, read_config(folder));
  const OwnedModel described(config.spec);
  bool own_activation = false;
  input.model.each([&](const ModuleSpec& m, int, std::size_t, std::size_t) {
    own_activation = own_activation || m.kind == ModuleKind::own || m.mlp.activation == Activation::own;
  });
  const SpecDifference d = difference(input.model, described.view());
  if (d.fields > 0 && !own_activation && !options.ignore_config)
    return make_error(ErrorKind::config, "config_disagrees", "config.json",
                      "it describes another model than the type: " + d.first,
                      "correct the declaration (`ttt describe` prints the one that fits), or set "
                      "LoadOptions::ignore_config",
                      path_in(folder, "config.json"));
  input.max_position = config.spec.max_sequence_length;
  return LoadedModel::create(input, config, options);
}

}  // namespace ttt
