// Which modules a path names: `layers.15.attention`, `layers.0-3.*`, `layers.*.mlp`, `embedding`, `model`.
#pragma once

#include <cstdint>
#include <string_view>

#include <ttt/types/view.hpp>

namespace ttt {

/// What a path means, as values. `nothing`: it is not a path.
struct PathPattern {
  enum class What : std::uint8_t { nothing, model, layers, named };
  What what = What::nothing;
  int first = 0;
  int last = 0;         ///< inclusive; `every` stands for the last there is
  bool one = false;     ///< one layer by its number rather than a run of them
  bool parts = false;   ///< parts of layers rather than layers
  PartName part = PartName::whole;  ///< with `parts`: which, `whole` for all of them
  Name name{};          ///< `named`: embedding, norm, head, or an own module's type
  int ordinal = 1;      ///< 2 in `norm_2`

  static constexpr int every = 1 << 30;
  [[nodiscard]] constexpr bool ok() const { return what != What::nothing; }
  constexpr bool operator==(const PathPattern&) const = default;
};

namespace paths {

/// Reads a whole number from the front; -1 where there is none or it is too large for any model.
[[nodiscard]] constexpr int number(std::string_view& text) {
  int value = -1;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    value = (value < 0 ? 0 : value) * 10 + (text.front() - '0');
    if (value > 1'000'000) return -1;
    text.remove_prefix(1);
  }
  return value;
}

/// What stands after `layers.`: `15`, `0-3`, `*`, and a part.
[[nodiscard]] constexpr PathPattern layers(std::string_view rest) {
  PathPattern p;
  if (rest.starts_with('*')) {
    rest.remove_prefix(1);
    p.last = PathPattern::every;
  } else {
    p.first = p.last = number(rest);
    p.one = true;
    if (rest.starts_with('-')) {
      rest.remove_prefix(1);
      p.last = number(rest);
      p.one = false;
    }
    if (p.first < 0 || p.last < p.first) return {};
  }
  if (!rest.empty()) {
    p.parts = true;
    if (rest == ".attention") p.part = PartName::attention;
    else if (rest == ".mlp") p.part = PartName::mlp;
    else if (rest != ".*") return {};
  }
  p.what = PathPattern::What::layers;
  return p;
}

/// The name a module that is no layer goes by, without its ordinal.
[[nodiscard]] constexpr std::string_view name_of(const ModuleSpec& m) {
  switch (m.kind) {
    case ModuleKind::embedding: return "embedding";
    case ModuleKind::rms_norm:
    case ModuleKind::layer_norm: return "norm";
    case ModuleKind::linear: return m.linear.pools ? "pooler" : "head";
    case ModuleKind::attention: return "attention";
    case ModuleKind::mlp: return "mlp";
    case ModuleKind::own: return m.own.type.view();
    case ModuleKind::transformer_layer: break;
  }
  return "layers";
}

}  // namespace paths

/// Reads a path. `model` and `*` are the whole model; `layers`, `layers.*`, `layers.0-3` are runs of layers, `layers.15`
/// is one; `.attention`, `.mlp`, `.*` after any of them are their parts; anything else is a module's name.
[[nodiscard]] constexpr PathPattern path_pattern(std::string_view path) {
  if (path == "model" || path == "*") return {.what = PathPattern::What::model};
  if (path == "layers") return paths::layers("*");
  if (path.starts_with("layers.")) return paths::layers(path.substr(7));
  if (path.empty() || path.size() > 31) return {};
  for (const char c : path)
    if (c == '.' || c == '*' || c == ' ') return {};
  PathPattern p{.what = PathPattern::What::named};
  const std::size_t cut = path.rfind('_');
  if (cut != std::string_view::npos && cut + 1 < path.size()) {
    std::string_view digits = path.substr(cut + 1);
    const int ordinal = paths::number(digits);
    if (digits.empty() && ordinal > 1) {
      p.ordinal = ordinal;
      path = path.substr(0, cut);
    }
  }
  p.name = Name(path);
  return p;
}

/// Where a module stands: its layer number (-1: it is none), and which of its name it is (1, 2, ...).
struct PlaceInModel {
  int layer = -1;
  int ordinal = 1;
};

/// Whether a path names this module, or a part of it.
[[nodiscard]] constexpr bool names(const PathPattern& p, const ModuleSpec& m, const PlaceInModel& at) {
  switch (p.what) {
    case PathPattern::What::model: return true;
    case PathPattern::What::layers:
      return at.layer >= p.first && at.layer <= p.last && (!p.parts || m.kind == ModuleKind::transformer_layer);
    case PathPattern::What::named:
      return at.layer < 0 && p.name.view() == paths::name_of(m) && p.ordinal == at.ordinal;
    case PathPattern::What::nothing: break;
  }
  return false;
}

/// Calls f(module, PlaceInModel, run, place in the run's group, index) for each module, repetitions written out.
constexpr void each_place(const ModelView& model, auto&& f) {
  int layer = 0;
  model.each([&](const ModuleSpec& m, int index, std::size_t run, std::size_t place) {
    PlaceInModel at;
    if (model.is_layer(m, run)) {
      at.layer = layer++;
    } else {
      model.each([&](const ModuleSpec& other, int before, std::size_t other_run, std::size_t) {
        if (before < index && !model.is_layer(other, other_run) && paths::name_of(other) == paths::name_of(m))
          ++at.ordinal;
      });
    }
    f(m, at, run, place, index);
  });
}

/// Writes the path of module number `wanted` (repetitions counted) piece by piece: `write(std::string_view)`,
/// `write(int)`. `embedding`, `layers.N`, `norm`, `head`, or an own module's type; a repeated module of any kind counts
/// as a layer. A second module of one name gets `_2`, ...
constexpr void write_path(const ModelView& model, int wanted, auto&& write) {
  each_place(model, [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t, std::size_t, int index) {
    if (index != wanted) return;
    write(at.layer >= 0 ? std::string_view("layers.") : paths::name_of(m));
    if (at.layer >= 0) write(at.layer);
    if (at.ordinal == 1) return;
    write(std::string_view("_"));
    write(at.ordinal);
  });
}

/// How many layers a model has.
[[nodiscard]] constexpr int layer_count(const ModelView& model) {
  int count = 0;
  model.each([&](const ModuleSpec& m, int, std::size_t run, std::size_t) { count += model.is_layer(m, run) ? 1 : 0; });
  return count;
}

/// Whether a path names anything in a model.
[[nodiscard]] constexpr bool names_something(const PathPattern& p, const ModelView& model) {
  bool found = false;
  each_place(model, [&](const ModuleSpec& m, const PlaceInModel& at, std::size_t, std::size_t, int) {
    found = found || names(p, m, at);
  });
  return found;
}

}  // namespace ttt
