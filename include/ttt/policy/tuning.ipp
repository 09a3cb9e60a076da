// Definitions of tuning.hpp.
#pragma once

#include <utility>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/tuning.hpp>

namespace ttt {

namespace tuning_parts {

/// The level a path speaks at, in what is written for a module it names.
inline void tune_module(WrittenConfig& c, const ModuleSpec& m, const PathPattern& path, const HardwareConfig& over) {
  auto turn = [&](HardwareConfig& level) { level = merged(level, over); };
  if (path.what == PathPattern::What::model) return turn(c.model);
  if (path.what == PathPattern::What::named) return turn(c.self);
  if (!path.parts) return turn(path.one ? c.self : c.run);
  if (m.kind != ModuleKind::transformer_layer) return;
  if (path.part != PartName::mlp) turn(c.attention);
  if (path.part != PartName::attention) turn(c.mlp);
}

}  // namespace tuning_parts

TTT_INLINE ConfiguredRuns with_tuning(const ModelView& model, std::span<const std::span<const WrittenConfig>> written,
                                      std::span<const PathPolicy> tuning) {
  ConfiguredRuns out;
  if (tuning.empty()) {
    out.model = OwnedModel(model);
    for (const auto& run : written) out.written.emplace_back(run.begin(), run.end());
    return out;
  }
  struct Item {
    ModuleSpec spec;
    WrittenConfig written;
    bool layer;
    bool operator==(const Item&) const = default;
  };
  std::vector<PathPattern> patterns;
  for (const PathPolicy& p : tuning) patterns.push_back(path_pattern(p.path));
  std::vector<Item> items;
  each_place(model, [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t run, std::size_t place, int) {
    Item item{m, run < written.size() ? written[run][place] : WrittenConfig{}, at.layer >= 0};
    for (std::size_t i = 0; i < tuning.size(); ++i)
      if (names(patterns[i], m, at)) tuning_parts::tune_module(item.written, m, patterns[i], tuning[i].config);
    items.push_back(std::move(item));
  });
  // Only layers repeat: neighbours that a policy made alike must not become layers by it.
  each_period(items.size(),
              [&](std::size_t i, std::size_t j) { return items[i].layer && items[i] == items[j]; },
              [&](std::size_t first, std::size_t period, std::size_t count) {
                std::vector<ModuleSpec> group;
                std::vector<WrittenConfig> configs;
                bool counted = false;
                for (std::size_t i = first; i < first + period; ++i) {
                  group.push_back(items[i].spec);
                  configs.push_back(items[i].written);
                  counted = counted || (count == 1 && items[i].layer);
                }
                out.model.add(std::move(group), static_cast<int>(count), counted);
                out.written.push_back(std::move(configs));
              });
  return out;
}

}  // namespace ttt
