// ArchitectureSpec: a model as run-time values, read from config.json, written by hand, or taken from a type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ttt/spec/module.hpp>

namespace ttt {

/// One module in place: mathematical parameters only, no hardware.
struct LayerSpec {
  std::string id;     ///< `embedding`, `layers.15`, `norm`, `head`; free to choose in a hand-written spec
  ModuleSpec module;  ///< EmbeddingSpec, TransformerLayerSpec, NormSpec, LinearSpec, ... convert to it

  /// `Embedding`, `TransformerLayer`, ...
  [[nodiscard]] std::string_view type() const { return name_of(module.kind); }
  bool operator==(const LayerSpec&) const = default;
};

/// An edge from one layer's output to another's input, by id.
struct Connection {
  std::string from;
  std::string to;
  bool operator==(const Connection&) const = default;
};

/// A whole model. `connections` empty means: in the order of `layers`. Anything but that chain is refused by
/// name (`not_sequential`) until graphs are supported.
struct ArchitectureSpec {
  std::string model_type;  ///< HuggingFace's, e.g. `llama`; decides the weight names
  int vocab_size = 0;
  int max_sequence_length = 0;
  std::vector<LayerSpec> layers;
  std::vector<Connection> connections;
  bool operator==(const ArchitectureSpec&) const = default;
};

/// The first connection that leaves the chain of `layers`, if there is one.
[[nodiscard]] inline std::optional<Connection> first_non_sequential(const ArchitectureSpec& spec) {
  if (spec.connections.empty()) return std::nullopt;
  for (std::size_t i = 0; i < spec.connections.size(); ++i) {
    const Connection& c = spec.connections[i];
    if (i + 1 >= spec.layers.size() || c.from != spec.layers[i].id || c.to != spec.layers[i + 1].id) return c;
  }
  if (spec.connections.size() + 1 < spec.layers.size()) {
    const std::size_t i = spec.connections.size();
    return Connection{spec.layers[i].id, spec.layers[i + 1].id};
  }
  return std::nullopt;
}

}  // namespace ttt
