// Definitions of resolved.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <map>

#include <ttt/io/linkage.hpp>
#include <ttt/policy/knob_value.hpp>
#include <ttt/policy/module_blocks.hpp>
#include <ttt/policy/resolved.hpp>

namespace ttt {

namespace resolving {

inline constexpr std::size_t level_count = 6;

/// What each level says for a part of a module, in the order in which they count.
inline std::array<HardwareConfig, level_count> levels_of(const ConfiguredModel& model,
                                                         const DeviceTraits& device, std::size_t run,
                                                         std::size_t place, PartName part) {
  const ModuleSpec& m = model.model.runs[run].modules[place];
  std::array<HardwareConfig, level_count> said;
  auto at = [&](Level l) -> HardwareConfig& { return said[static_cast<std::size_t>(l)]; };
  at(Level::device) = default_config(device, m, part);
  if (model.preset != Preset::standard) at(Level::preset) = preset_config(model.preset, device, part);
  at(Level::model) = model.whole;
  if (run >= model.written.size()) return said;
  const WrittenConfig& written = model.written[run][place];
  at(Level::model) = merged(written.model, model.whole);
  at(Level::run) = written.run;
  at(m.kind == ModuleKind::transformer_layer ? Level::layer : Level::module) = written.self;
  if (part == PartName::attention) at(Level::module) = merged(at(Level::module), written.attention);
  if (part == PartName::mlp) at(Level::module) = merged(at(Level::module), written.mlp);
  return said;
}

/// Adds the knobs that mean something at a site.
inline void add_rows(std::vector<ResolvedKnob>& out, const ConfiguredModel& model, const DeviceTraits& device,
                     std::size_t run, std::size_t place, PartName part, KnobSite site,
                     const std::string& path) {
  const HardwareConfig config = model.resolved(device, run, place, part);
  const auto said = levels_of(model, device, run, place, part);
  each_knob([&](const auto& knob) {
    using Value = typename std::remove_cvref_t<decltype(knob)>::Value;
    if (knob.name == "page" && config.kv_form != KvForm::paged) return;
    for (std::size_t i = 0; i < knob.size; ++i) {
      const Value value = knob.value(config, i);
      if (!knob.applies(i, site) || value == Value{}) continue;
      std::size_t origin = level_count - 1;
      while (origin > 0 && knob.value(said[origin], i) == Value{}) --origin;
      out.push_back({path, knob_text(knob, i), value_text(value), static_cast<Level>(origin)});
    }
  });
}

TTT_INLINE std::vector<ResolvedKnob> knobs_of(const ConfiguredModel& model, const DeviceTraits& device,
                                              std::size_t run, std::size_t place) {
  std::vector<ResolvedKnob> rows;
  auto add = [&](PartName part, KnobSite site, const char* path) {
    add_rows(rows, model, device, run, place, part, site, path);
  };
  switch (model.model.runs[run].modules[place].kind) {
    case ModuleKind::transformer_layer:
      add(PartName::attention, KnobSite::attention, ".attention");
      add(PartName::mlp, KnobSite::mlp, ".mlp");
      add(PartName::whole, KnobSite::other, "");
      break;
    case ModuleKind::attention:
      add(PartName::attention, KnobSite::attention, "");
      break;
    case ModuleKind::mlp:
      add(PartName::mlp, KnobSite::mlp, "");
      break;
    case ModuleKind::embedding:
      add(PartName::whole, KnobSite::embedding, "");
      break;
    case ModuleKind::linear:
      add(PartName::whole, KnobSite::head, "");
      break;
    case ModuleKind::rms_norm:
    case ModuleKind::layer_norm:
    case ModuleKind::own:
      add(PartName::whole, KnobSite::other, "");
      break;
  }
  return rows;
}

TTT_INLINE std::vector<ResolvedKnob> model_knobs(const ConfiguredModel& model, const DeviceTraits& device) {
  std::vector<ResolvedKnob> rows;
  add_rows(rows, model, device, 0, 0, PartName::whole, KnobSite::model, "model");
  return rows;
}

}  // namespace resolving

TTT_INLINE Resolved resolved(const ConfiguredModel& model, const DeviceTraits& device) {
  Resolved out;
  if (model.model.module_count() == 0) return out;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<ResolvedKnob>> known;
  auto knobs_of = [&](const ModuleBlock& b) -> const std::vector<ResolvedKnob>& {
    const auto [at, fresh] = known.try_emplace({b.run, b.place});
    if (fresh) at->second = resolving::knobs_of(model, device, b.run, b.place);
    return at->second;
  };
  auto same = [&](const ModuleBlock& a, const ModuleBlock& b) {
    return (a.run == b.run && a.place == b.place) || knobs_of(a) == knobs_of(b);
  };
  out.rows = resolving::model_knobs(model, device);
  for (const ModuleBlock& block : module_blocks(model.model, same))
    for (ResolvedKnob row : knobs_of(block)) {
      row.path = block.path + row.path;
      out.rows.push_back(std::move(row));
    }
  return out;
}

TTT_INLINE std::string Resolved::text() const {
  std::size_t widest_knob = 0, widest_value = 0;
  for (const ResolvedKnob& r : rows) {
    widest_knob = std::max(widest_knob, r.knob.size());
    widest_value = std::max(widest_value, r.value.size());
  }
  auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width) + 2, ' ');
    return text;
  };
  struct Block {
    std::string lines, part;                  // of layers: what stands behind their numbers
    std::vector<std::pair<int, int>> layers;  // numbers, both ends included
    std::string path;                         // of anything else
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < rows.size();) {
    const std::string path = rows[i].path;
    const PathPattern pattern = path_pattern(path);
    Block next;
    for (; i < rows.size() && rows[i].path == path; ++i)
      next.lines += "  " + padded(rows[i].knob, widest_knob) + padded(rows[i].value, widest_value) +
                    std::string(name_of(rows[i].origin)) + "\n";
    if (pattern.what != PathPattern::What::layers) {
      next.path = path;
      blocks.push_back(std::move(next));
      continue;
    }
    // Layers may take turns in how they run, and parts of layers that differ may be alike.
    if (pattern.parts) next.part = suffix_of(pattern.part);
    next.layers.emplace_back(pattern.first, pattern.last);
    const auto equal = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) {
      return !b.layers.empty() && b.part == next.part && b.lines == next.lines;
    });
    if (equal == blocks.end())
      blocks.push_back(std::move(next));
    else if (equal->layers.back().second + 1 == pattern.first)
      equal->layers.back().second = pattern.last;
    else
      equal->layers.emplace_back(pattern.first, pattern.last);
  }
  std::string out;
  for (const Block& b : blocks) {
    out += b.path;
    for (std::size_t i = 0; i < b.layers.size(); ++i) {
      const auto [first, last] = b.layers[i];
      out += (i > 0 ? ", layers." : "layers.") + std::to_string(first) +
             (last > first ? "-" + std::to_string(last) : "") + b.part;
    }
    out += "\n" + b.lines;
  }
  return out;
}

}  // namespace ttt
