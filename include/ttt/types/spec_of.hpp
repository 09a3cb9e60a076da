// From a model type to its ArchitectureSpec, and from a spec to the runs the plan works on.
#pragma once

#include <ttt/spec/architecture.hpp>
#include <ttt/types/path.hpp>
#include <ttt/types/periods.hpp>

namespace ttt {

/// A model's values with memory of their own: what a run-time spec becomes.
class OwnedModel {
 public:
  OwnedModel() = default;
  /// Finds the shortest period of equal groups, so that a run-time spec has the same runs as the type it equals.
  explicit OwnedModel(const ArchitectureSpec& spec);
  explicit OwnedModel(const ModelView& view);
  [[nodiscard]] ModelView view() const { return {runs_}; }
  /// One more run.
  void add(std::vector<ModuleSpec> group, int count, bool counted = false) {
    modules_.push_back(std::move(group));
    runs_.push_back({modules_.back(), count, counted});
  }

  OwnedModel(const OwnedModel& other) : OwnedModel(other.view()) {}
  OwnedModel(OwnedModel&&) noexcept = default;
  OwnedModel& operator=(OwnedModel other) noexcept {
    modules_ = std::move(other.modules_);
    runs_ = std::move(other.runs_);
    return *this;
  }
  ~OwnedModel() = default;

 private:
  std::vector<std::vector<ModuleSpec>> modules_;  // one group per run; the inner buffers never move
  std::vector<RunSpec> runs_;
};

inline OwnedModel::OwnedModel(const ModelView& view) {
  for (const RunSpec& r : view.runs) add({r.modules.begin(), r.modules.end()}, r.count, r.counted);
}

inline OwnedModel::OwnedModel(const ArchitectureSpec& spec) {
  const auto& layers = spec.layers;
  each_period(layers.size(), [&](std::size_t i, std::size_t j) { return layers[i].module == layers[j].module; },
              [&](std::size_t first, std::size_t period, std::size_t count) {
                std::vector<ModuleSpec> group;
                for (std::size_t i = 0; i < period; ++i) group.push_back(layers[first + i].module);
                add(std::move(group), static_cast<int>(count));
              });
}

/// The value form of a model. `model_type` decides the weight names; vocab_size is the embedding's.
[[nodiscard]] inline ArchitectureSpec spec_of(const ModelView& view, std::string model_type = "llama",
                                              int max_sequence_length = 0) {
  ArchitectureSpec spec;
  spec.model_type = std::move(model_type);
  spec.max_sequence_length = max_sequence_length;
  view.each([&](const ModuleSpec& m, int index, std::size_t, std::size_t) {
    if (m.kind == ModuleKind::embedding) spec.vocab_size = m.embedding.vocab;
    spec.layers.push_back({path_of(view, index), m});
  });
  return spec;
}
template <auto Model>
[[nodiscard]] ArchitectureSpec spec_of(std::string model_type = "llama", int max_sequence_length = 0) {
  return spec_of(view_of<type_of<Model>>(), std::move(model_type), max_sequence_length);
}
template <Joinable Model>
[[nodiscard]] ArchitectureSpec spec_of(const Model&) {
  return spec_of(view_of<Model>());
}

}  // namespace ttt
