// Models as values, written without the language: what a printed declaration is held against.
#pragma once

#include <array>

#include <ttt/types/view.hpp>

namespace ttt::test {

/// One model of runs that the case names in order.
struct DeclarationCase {
  std::string_view name;
  ModelView view;
};

namespace cases {

inline constexpr AttentionSpec plain{.heads = 6, .kv_heads = 2, .head_dim = 12};

constexpr AttentionSpec roped(RopeSpec rope) {
  AttentionSpec a = plain;
  a.rope = rope;
  return a;
}
constexpr ModuleSpec layer(AttentionSpec attention, MlpSpec mlp, NormSpec norm = {}) {
  return TransformerLayerSpec{.hidden = 48, .attention = attention, .mlp = mlp, .norm = norm};
}
constexpr LinearSpec tied() {
  LinearSpec head{48, 293};
  head.tied_to = Name("embedding");
  return head;
}
inline constexpr ModuleSpec embedding[] = {EmbeddingSpec{293, 48}};
inline constexpr ModuleSpec norm[] = {NormSpec{.width = 48}};
inline constexpr ModuleSpec head[] = {LinearSpec{48, 293}};

// A Llama.
inline constexpr ModuleSpec llama_layers[] = {layer(plain, {.intermediate = 104})};
inline constexpr RunSpec llama[] = {{embedding, 1}, {llama_layers, 3}, {norm, 1}, {head, 1}};

// Every option of attention, a group of two, another eps, a tied head.
inline constexpr ModuleSpec options_layers[] = {
    layer({.heads = 6,
           .kv_heads = 2,
           .head_dim = 12,
           .rope = {.type = RopeType::llama3,
                    .theta = 500000,
                    .factor = 8,
                    .low_freq_factor = 1,
                    .high_freq_factor = 4,
                    .original_max_position = 8192},
           .qkv_bias = true,
           .output_bias = true,
           .qk_norm = true,
           .qk_norm_eps = 1e-5,
           .sliding_window = 9},
          {.intermediate = 104, .bias = true}, {.eps = 1e-6}),
    layer({.heads = 6,
           .kv_heads = 2,
           .head_dim = 12,
           .rope = {.type = RopeType::none},
           .qk_norm = true,
           .softcap = 50,
           .scale = 0.0625},
          {.intermediate = 104, .activation = Activation::gelu_tanh}, {.eps = 1e-6})};
inline constexpr ModuleSpec options_embedding[] = {EmbeddingSpec{293, 48, 6.928203230275509, 96}};
inline constexpr ModuleSpec options_head[] = {tied()};
inline constexpr RunSpec options[] = {
    {options_embedding, 1}, {options_layers, 2}, {norm, 1}, {options_head, 1}};

// Every rope, every layer its own run; LayerNorms; a plain Mlp; a head with bias and soft cap.
inline constexpr NormSpec layer_norm{.width = 48, .layer = true, .bias = true};
inline constexpr ModuleSpec linear_rope[] = {layer(
    roped({.type = RopeType::linear, .theta = 10000, .factor = 2.5}), {.intermediate = 104}, layer_norm)};
inline constexpr ModuleSpec dynamic_rope[] = {
    layer(roped({.type = RopeType::dynamic, .theta = 1e6, .factor = 2, .original_max_position = 32}),
          {.intermediate = 104, .gated = false, .bias = true, .activation = Activation::gelu}, layer_norm)};
inline constexpr ModuleSpec yarn_rope[] = {
    layer(roped({.type = RopeType::yarn,
                 .theta = 10000,
                 .factor = 4,
                 .original_max_position = 32,
                 .truncate = false}),
          {.intermediate = 104, .gated = false, .activation = Activation::relu2},
          {.width = 48, .eps = 1e-12, .layer = true, .bias = false})};
inline constexpr ModuleSpec partial_rope[] = {
    layer(roped({.theta = 1234567.5, .partial = 0.5, .interleaved = true}),
          {.intermediate = 104, .activation = Activation::quick_gelu}, layer_norm)};
inline constexpr ModuleSpec llama32_rope[] = {layer(roped({.type = RopeType::llama3,
                                                           .theta = 500000,
                                                           .factor = 32,
                                                           .low_freq_factor = 1,
                                                           .high_freq_factor = 4,
                                                           .original_max_position = 8192}),
                                                    {.intermediate = 104})};
inline constexpr ModuleSpec ropes_norm[] = {layer_norm};
inline constexpr ModuleSpec ropes_head[] = {LinearSpec{48, 293, true, {}, 30}};
inline constexpr RunSpec ropes[] = {{embedding, 1},    {linear_rope, 1},  {dynamic_rope, 1}, {yarn_rope, 1},
                                    {partial_rope, 1}, {llama32_rope, 1}, {ropes_norm, 1},   {ropes_head, 1}};

}  // namespace cases

inline constexpr DeclarationCase declaration_cases[] = {{"printed_llama", {cases::llama}},
                                                        {"printed_options", {cases::options}},
                                                        {"printed_ropes", {cases::ropes}}};

/// Equal modules in equal runs.
[[nodiscard]] constexpr bool same_model(const ModelView& a, const ModelView& b) {
  if (a.runs.size() != b.runs.size()) return false;
  for (std::size_t r = 0; r < a.runs.size(); ++r) {
    if (a.runs[r].count != b.runs[r].count || a.runs[r].modules.size() != b.runs[r].modules.size())
      return false;
    for (std::size_t m = 0; m < a.runs[r].modules.size(); ++m)
      if (a.runs[r].modules[m] != b.runs[r].modules[m]) return false;
  }
  return true;
}

}  // namespace ttt::test
