#pragma once

#include <algorithm>

#include <ttt/adaptor/decoder.hpp>
#include <ttt/io/linkage.hpp>

namespace ttt {

TTT_INLINE DecoderNumbers read_decoder(const ConfigReader& config, const DecoderDefaults& defaults) {
  using Limit = ConfigLimits;
  DecoderNumbers n{};
  n.vocab = config.integer("vocab_size", 1, Limit::vocab, defaults.vocab);
  n.hidden = config.integer("hidden_size", 1, Limit::hidden, defaults.hidden);
  n.intermediate = config.integer("intermediate_size", 1, Limit::intermediate, defaults.intermediate);
  n.layers = config.integer("num_hidden_layers", 1, Limit::layers, defaults.layers);
  n.heads = config.integer("num_attention_heads", 1, Limit::heads, defaults.heads);
  n.max_position = config.integer("max_position_embeddings", 1, Limit::positions, defaults.max_position);
  n.eps = config.real("rms_norm_eps", 1e-20, 1, defaults.eps);
  n.tied = config.flag("tie_word_embeddings", defaults.tied);
  n.activation = config.activation("hidden_act");

  const auto or_default = [&](std::string_view field, int fallback) {
    return config[field].exists() || fallback == 0 ? std::nullopt : std::optional<int>(fallback);
  };
  const auto kv = config.integer_or_null("num_key_value_heads", 1, Limit::heads);
  n.kv_heads = kv ? *kv : or_default("num_key_value_heads", defaults.kv_heads).value_or(n.heads);
  if (n.heads % n.kv_heads != 0)
    config.refuse("config_fields_disagree", "num_key_value_heads",
                  "num_attention_heads " + std::to_string(n.heads) +
                      " is no multiple of num_key_value_heads " + std::to_string(n.kv_heads),
                  "each key-value head serves the same number of heads: correct one of the two");
  const auto dim = config.integer_or_null("head_dim", 1, Limit::head_dim);
  n.head_dim = dim ? *dim : or_default("head_dim", defaults.head_dim).value_or(n.hidden / n.heads);
  if (!dim && n.head_dim == n.hidden / n.heads && (n.hidden % n.heads != 0 || n.head_dim > Limit::head_dim))
    config.refuse("config_fields_disagree", "head_dim",
                  "head_dim is not given, and hidden_size " + std::to_string(n.hidden) +
                      " / num_attention_heads " + std::to_string(n.heads) + " is no width from 1 to " +
                      std::to_string(Limit::head_dim),
                  "add head_dim, or correct one of the two");
  n.rope = read_rope(config, defaults.theta, n.head_dim, n.max_position);
  return n;
}

TTT_INLINE std::vector<int> read_layer_windows(const ConfigReader& config, const DecoderNumbers& n,
                                               int default_window, int default_full_layers) {
  std::vector<int> windows(static_cast<std::size_t>(n.layers), 0);
  const bool slides = config.flag("use_sliding_window", false);
  const json::Value given = config["sliding_window"];
  const auto said = config.integer_or_null("sliding_window", 1, ConfigLimits::positions);
  const int window = !slides ? 0 : given.exists() ? said.value_or(0) : default_window;
  const int full = config.integer("max_window_layers", 0, 1 << 20, default_full_layers);
  const json::Value types = config["layer_types"];
  if (types.is_null()) {
    for (int i = full; i < n.layers; ++i) windows[static_cast<std::size_t>(i)] = window;
    return windows;
  }
  if (!types.is(json::Type::array) || types.size() != windows.size()) {
    config.refuse("config_field", "layer_types",
                  "layer_types is " + shown(types) + " of " + std::to_string(types.size()) +
                      ", and there are " + std::to_string(n.layers) + " layers",
                  "give one \"full_attention\" or \"sliding_attention\" per layer");
    return windows;
  }
  std::size_t i = 0;
  for (const auto& [key, value] : types) {
    const auto type = value.as_string();
    if (type == "sliding_attention") {
      if (window == 0)
        config.refuse("config_fields_disagree", "layer_types",
                      "layer " + std::to_string(i) + " is to slide, and there is no window to slide",
                      "set use_sliding_window and sliding_window, or write \"full_attention\"");
      windows[i] = window;
    } else if (type != "full_attention") {
      config.refuse("layer_type_unknown", "layer_types",
                    "layer_types[" + std::to_string(i) + "] is " + shown(value),
                    "known for this family are \"full_attention\" and \"sliding_attention\"");
    }
    ++i;
  }
  return windows;
}

}  // namespace ttt
