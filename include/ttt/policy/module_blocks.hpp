// Neighbouring layers that are alike, as one block with one path: `layers.0-14`.
#pragma once

#include <string>
#include <vector>

#include <ttt/types/path_pattern.hpp>

namespace ttt {

/// A module, or layers that are alike.
struct ModuleBlock {
  std::string path;     ///< `embedding`, `layers.3`, `layers.0-14`
  int module = 0;       ///< the first's number, repetitions counted
  std::size_t run = 0;  ///< where that one stands
  std::size_t place = 0;
  int layers = 0;  ///< how many; 0: it is none
};

/// A model's modules in order; `same(a, b)` says whether the layers that two blocks begin with are alike.
[[nodiscard]] inline std::vector<ModuleBlock> module_blocks(const ModelView& model, auto&& same) {
  std::vector<ModuleBlock> blocks;
  int first = 0;
  each_place(model,
             [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t run, std::size_t place, int index) {
               ModuleBlock next{std::string(at.layer < 0 ? paths::name_of(m) : "layers"), index, run, place,
                                at.layer < 0 ? 0 : 1};
               if (at.layer < 0) {
                 if (at.ordinal > 1) next.path += "_" + std::to_string(at.ordinal);
               } else if (!blocks.empty() && blocks.back().layers > 0 && same(blocks.back(), next)) {
                 ModuleBlock& block = blocks.back();
                 ++block.layers;
                 block.path = "layers." + std::to_string(first) + "-" + std::to_string(at.layer);
                 return;
               } else {
                 first = at.layer;
                 next.path += "." + std::to_string(first);
               }
               blocks.push_back(std::move(next));
             });
  return blocks;
}

}  // namespace ttt
