// A model as values: the same runs, as ModuleSpecs. Types and run-time specs meet here; the plan, the checks, the
// loader and the engine know nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <ttt/types/model.hpp>

namespace ttt {

/// A group of consecutive modules, repeated `count` times.
struct RunSpec {
  std::span<const ModuleSpec> modules;
  int count = 1;
  bool counted = false;  ///< split off a longer run: counts in `layers.N` although it does not repeat
};

/// A whole model. Does not own what it shows.
struct ModelView {
  std::span<const RunSpec> runs;

  /// Modules, repetitions counted.
  [[nodiscard]] constexpr int module_count() const {
    int n = 0;
    for (const RunSpec& r : runs) n += static_cast<int>(r.modules.size()) * r.count;
    return n;
  }
  /// Whether a module of this run counts in `layers.N`: a transformer layer, or anything repeated.
  [[nodiscard]] constexpr bool is_layer(const ModuleSpec& m, std::size_t run) const {
    return m.kind == ModuleKind::transformer_layer || runs[run].count > 1 || runs[run].counted;
  }
  /// Calls f(module, index among all modules, run, place within the run's group) for each module, repetitions
  /// written out.
  constexpr void each(auto&& f) const {
    int index = 0;
    for (std::size_t r = 0; r < runs.size(); ++r)
      for (int c = 0; c < runs[r].count; ++c)
        for (std::size_t m = 0; m < runs[r].modules.size(); ++m) f(runs[r].modules[m], index++, r, m);
  }
  /// Whether its attention is bidirectional: each step is a whole sequence, and nothing is kept behind it.
  [[nodiscard]] constexpr bool is_encoder() const {
    for (const RunSpec& r : runs)
      for (const ModuleSpec& m : r.modules)
        if (m.has_attention()) return m.attention.bidirectional;
    return false;
  }
  /// Calls f(module, run, place, index of its first repetition) once for each place of each run.
  constexpr void each_distinct(auto&& f) const {
    int index = 0;
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const int size = static_cast<int>(runs[r].modules.size());
      for (int m = 0; m < size; ++m) f(runs[r].modules[static_cast<std::size_t>(m)], r, static_cast<std::size_t>(m), index + m);
      index += size * runs[r].count;
    }
  }
  /// Where a module stands among the runs.
  struct Place {
    std::size_t run = 0, place = 0;
  };
  [[nodiscard]] constexpr Place place_of(int wanted) const {
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const int size = static_cast<int>(runs[r].modules.size());
      if (wanted < size * runs[r].count) return {r, static_cast<std::size_t>(wanted % size)};
      wanted -= size * runs[r].count;
    }
    return {};
  }
  [[nodiscard]] constexpr const ModuleSpec& module(int wanted) const {
    const Place at = place_of(wanted);
    return runs[at.run].modules[at.place];
  }
};

namespace types {

template <class R>
struct run_modules;
template <int Count, class... Modules>
struct run_modules<Run<Count, Modules...>> {
  static constexpr std::array<ModuleSpec, sizeof...(Modules)> value{module_spec<Modules>()...};
  static constexpr bool counted = (surroundings<Modules>::counted || ...);
};

template <class M>
struct model_runs;
template <class... Runs>
struct model_runs<Model<Runs...>> {
  static constexpr std::array<RunSpec, sizeof...(Runs)> value{
      RunSpec{run_modules<Runs>::value, Runs::count, run_modules<Runs>::counted}...};
};

}  // namespace types

/// The values of a model type (or of a module alone).
template <Joinable T>
[[nodiscard]] constexpr ModelView view_of() {
  return {types::model_runs<typename types::as_model<T>::type>::value};
}

}  // namespace ttt
