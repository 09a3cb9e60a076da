// What a TTNN program is made of: the plan's layers with their programs, in TTNN's words.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <ttt/adaptor/emit/ttnn_program.hpp>
#include <ttt/policy/resolved.hpp>

namespace ttt::emitting {

namespace tt = catalog::ttnn;

/// Layers that run alike.
struct LayerKind {
  std::string name;  ///< `LAYERS_0_TO_15`, `LAYER_3`
  ModuleSpec module;
  ModuleConfig config;
  std::vector<ResolvedKnob> knobs;
  tt::DecodePrograms decode;
  tt::PromptPrograms prompt;
};

/// A whole model on one product.
struct TtnnModel {
  const ModelState* plan = nullptr;
  EmitOptions options;
  tt::ChipFacts chip{};
  tt::ChipShare share{};
  std::vector<LayerKind> kinds;
  std::vector<std::size_t> kind_of;  ///< by layer
  EmbeddingSpec embedding;
  Sharding embedding_sharding = Sharding::none;
  NormSpec norm;
  LinearSpec head;
  ModuleConfig head_config;
  std::vector<ResolvedKnob> embedding_knobs, head_knobs;
  tt::Linear head_linear{};
  std::vector<int> head_columns;  ///< of one chip, piece by piece
  int batch = 1, context = 0, chunk = 0, page = 32, pages = 0;
  bool rotary_stays = false;  ///< cos, sin and turn of a decode step have room in L1 beside everything else
  std::vector<float> inverse_frequencies;
  float rotary_factor = 1;  ///< multiplies cos and sin

  [[nodiscard]] const DeviceTraits& device() const { return plan->request.device; }
  [[nodiscard]] int chips() const { return device().chips(); }
  /// Over how many chips attention, the feed-forward network, the table and the head are divided; 1: each has them whole.
  [[nodiscard]] int attention_chips() const { return shard_parts(device(), first().config.attention.sharding(WeightGroup::qkv)).outputs; }
  [[nodiscard]] int ffn_chips() const { return shard_parts(device(), first().config.mlp.sharding(WeightGroup::gate_up)).outputs; }
  [[nodiscard]] int embedding_chips() const { return shard_parts(device(), embedding_sharding).outputs; }
  [[nodiscard]] int head_chips() const { return shard_parts(device(), head_config.self.sharding(WeightGroup::head)).outputs; }
  [[nodiscard]] const LayerKind& first() const { return kinds.front(); }
  [[nodiscard]] const AttentionSpec& attention() const { return first().module.attention; }
  /// Whether heads have zeros behind them, up to whole tiles.
  [[nodiscard]] bool heads_are_padded() const { return share.attention.head_dim != attention().head_dim; }
  [[nodiscard]] const MlpSpec& mlp() const { return first().module.mlp; }
  /// Keys that a query of this layer sees; 0: all that a session can hold.
  [[nodiscard]] int window(const LayerKind& kind) const {
    const int keys = kind.module.attention.sliding_window;
    return keys < context ? keys : 0;
  }
  /// Whether there are layers whose queries do not see all keys.
  [[nodiscard]] bool windows() const {
    return std::any_of(kinds.begin(), kinds.end(), [&](const LayerKind& kind) { return window(kind) > 0; });
  }
  [[nodiscard]] DType activations() const { return first().config.attention.activations; }
};

/// Reads the plan. Errors: those of ttnn_program.
[[nodiscard]] Result<TtnnModel> ttnn_model(const ModelState& plan, const EmitOptions& options);

/// `weights.qkv=bfloat8_b (device)`: what a knob came to, and who said it. `part`: `.attention`, `.mlp` or nothing.
[[nodiscard]] std::string policy_text(const std::vector<ResolvedKnob>& knobs, std::string_view part, std::string_view knob);

/// TTNN's name of a format: `ttnn.bfloat16`. Of a fidelity: `ttnn.MathFidelity.HiFi2`.
[[nodiscard]] std::string python_of(DType t);
[[nodiscard]] std::string python_of(Fidelity f);

/// The parts of a program, in their order.
[[nodiscard]] std::string heading_text(const TtnnModel& m);
[[nodiscard]] std::string configs_text(const TtnnModel& m);
[[nodiscard]] std::string layers_text(const TtnnModel& m);
[[nodiscard]] std::string weights_text(const TtnnModel& m);
[[nodiscard]] std::string attention_text(const TtnnModel& m);
[[nodiscard]] std::string feed_forward_text(const TtnnModel& m);
[[nodiscard]] std::string generation_text(const TtnnModel& m);

}  // namespace ttt::emitting
