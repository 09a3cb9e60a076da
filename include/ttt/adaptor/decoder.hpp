// What every decoder family's config.json says alike, so that a family's file holds what is its own.
#pragma once

#include <string>
#include <vector>

#include <ttt/adaptor/config_rope.hpp>
#include <ttt/spec/architecture.hpp>

namespace ttt {

/// Largest numbers a config.json may hold; far above every published model, and small enough that no product
/// of two of them leaves 64 bits.
struct ConfigLimits {
  static constexpr int hidden = 1 << 20;
  static constexpr int intermediate = 1 << 22;
  static constexpr int layers = 1024;
  static constexpr int heads = 1 << 14;
  static constexpr int head_dim = 1 << 12;
  static constexpr int vocab = 1 << 22;
  static constexpr int positions = 1 << 27;
};

/// What a missing field means: the defaults of transformers' configuration class. 0: derived.
struct DecoderDefaults {
  int vocab = 32000;
  int hidden = 4096;
  int intermediate = 11008;
  int layers = 32;
  int heads = 32;
  int kv_heads = 0;  ///< 0: as many as heads. An explicit null always means that
  int head_dim = 0;  ///< 0: hidden / heads. An explicit null always means that
  int max_position = 2048;
  double eps = 1e-6;
  double theta = 10000;
  bool tied = false;
};

/// The numbers of a decoder, checked: kv_heads divides heads, head_dim is there, the rope turns an even
/// width.
struct DecoderNumbers {
  int vocab, hidden, intermediate, layers, heads, kv_heads, head_dim, max_position;
  Real eps;
  bool tied;
  Activation activation;
  RopeSpec rope;

  /// Parts to put in a family's expression; `attention` without biases, norms or windows.
  [[nodiscard]] AttentionSpec attention() const {
    return {.heads = heads, .kv_heads = kv_heads, .head_dim = head_dim, .rope = rope};
  }
  [[nodiscard]] MlpSpec mlp() const { return {.intermediate = intermediate, .activation = activation}; }
  [[nodiscard]] NormSpec norm() const { return {.width = hidden, .eps = eps}; }
};
[[nodiscard]] DecoderNumbers read_decoder(const ConfigReader& config, const DecoderDefaults& defaults);

/// Per layer, how many keys it sees (0 = all): qwen2's and qwen3's `use_sliding_window`, `sliding_window`,
/// and `layer_types` or, in older files, `max_window_layers` (layers below it see everything).
[[nodiscard]] std::vector<int> read_layer_windows(const ConfigReader& config, const DecoderNumbers& numbers,
                                                  int default_window, int default_full_layers);

/// embedding >> layers >> norm >> head: `layer(i)` gives layer i.
template <class Layer>
[[nodiscard]] ArchitectureSpec decoder(std::string_view model_type, const DecoderNumbers& n, Layer&& layer) {
  ArchitectureSpec spec;
  spec.model_type = model_type;
  spec.vocab_size = n.vocab;
  spec.max_sequence_length = n.max_position;
  spec.layers.push_back({"embedding", EmbeddingSpec{n.vocab, n.hidden}});
  for (int i = 0; i < n.layers; ++i) spec.layers.push_back({"layers." + std::to_string(i), layer(i)});
  spec.layers.push_back({"norm", n.norm()});
  LinearSpec head{n.hidden, n.vocab};
  if (n.tied) head.tied_to = Name("embedding");
  spec.layers.push_back({"head", head});
  return spec;
}

}  // namespace ttt
