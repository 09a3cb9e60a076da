// A transformer layer as TTNN's catalog sees it.
#pragma once

#include <ttt/catalog/ttnn/decoder_use.hpp>
#include <ttt/plan/emit.hpp>
#include <ttt/plan/kv_bytes.hpp>

namespace ttt {

/// Whether a model has more than one layer; looks no further than the second.
[[nodiscard]] constexpr bool has_several_layers(const ModelView& model) {
  int layers = 0;
  for (const RunSpec& r : model.runs)
    for (const ModuleSpec& m : r.modules)
      if (m.kind == ModuleKind::transformer_layer && (layers += r.count) > 1) return true;
  return false;
}

/// What stands in front of a model's layers: the embedding, and whether a norm follows it.
struct FrontOfModel {
  EmbeddingSpec embedding{};
  bool norm = false;
};
[[nodiscard]] constexpr FrontOfModel front_of(const ModelView& model) {
  FrontOfModel front;
  for (const RunSpec& r : model.runs)
    for (const ModuleSpec& m : r.modules) {
      if (m.kind == ModuleKind::transformer_layer) return front;
      if (m.kind == ModuleKind::embedding) front.embedding = m.embedding;
      front.norm |= m.kind == ModuleKind::rms_norm || m.kind == ModuleKind::layer_norm;
    }
  return front;
}

/// A head's width on a chip: whole tiles, with zeros behind what the model has of it.
[[nodiscard]] constexpr int stored_head(const AttentionSpec& a) {
  return catalog::ttnn::tiles(a.head_dim) * catalog::ttnn::tile_side;
}

/// One layer of a request under its resolved configuration, as a decoder or an encoder of at most two such layers; `vocab` 0
/// leaves the head out.
[[nodiscard]] constexpr catalog::ttnn::DecoderShape decoder_shape(const PlanRequest& request, const ModuleSpec& m,
                                                                  const ModuleConfig& c, int vocab) {
  catalog::ttnn::DecoderShape d;
  d.hidden = m.norm.width;
  d.heads = m.attention.heads;
  d.kv_heads = m.attention.kv_heads;
  d.head_dim = stored_head(m.attention);
  d.ffn = m.mlp.intermediate;
  d.vocab = vocab;
  d.layers = has_several_layers(request.model.model) ? 2 : 1;  // the second need not find its rows where the first did
  d.batch = request.workload.batch;
  d.context = request.workload.context;
  const int attention_parts = shard_parts(request.device, c.attention.sharding(WeightGroup::qkv)).outputs;
  const int ffn_parts = shard_parts(request.device, c.mlp.sharding(WeightGroup::gate_up)).outputs;
  d.chips = attention_parts > ffn_parts ? attention_parts : ffn_parts;
  d.whole_attention = attention_parts == 1;
  d.whole_ffn = ffn_parts == 1;
  d.page = ttnn_page(c.attention);
  d.encoder = m.attention.bidirectional;
  d.chunk = d.encoder ? request.rows() / (d.context > 0 ? d.context : 1) * d.sequence()
                      : request.rows() > d.page ? request.rows() : d.page;  // a prompt's keys fill whole pages
  auto weight = [&](WeightGroup g) {
    const HardwareConfig& h = g == WeightGroup::qkv || g == WeightGroup::o           ? c.attention
                              : g == WeightGroup::gate_up || g == WeightGroup::down ? c.mlp
                                                                                     : c.self;
    return request.format(h.weight(g));
  };
  for (std::size_t g = 0; g < weight_group_count; ++g) d.weights[g] = weight(static_cast<WeightGroup>(g));
  d.kv = c.attention.kv;
  d.activations = c.attention.activations;
  d.fp32_attention = c.attention.accumulate == DType::fp32;
  d.fp32_mlp = c.mlp.accumulate == DType::fp32;
  d.gated = m.mlp.gated;
  d.qkv_bias = m.attention.qkv_bias;
  d.qk_norm = m.attention.qk_norm;
  d.o_bias = m.attention.output_bias;
  d.mlp_bias = m.mlp.bias;
  d.norm = {m.norm.layer, m.norm.bias};
  d.post_norm = m.norm.post;
  d.rotary = m.attention.rotary_dim() > 0;
  const FrontOfModel front = front_of(request.model.model);
  d.positions = front.embedding.positions, d.token_types = front.embedding.token_types;
  d.embedding_norm = front.norm;
  return d;
}

/// Whether TTNN's catalog knows a layer's programs.
[[nodiscard]] constexpr bool is_ttnn_layer(const ModuleSpec& m) {
  return m.kind == ModuleKind::transformer_layer && m.attention.head_dim > 0;
}

/// The last of a model's layers with its head; no hidden size where there is none.
[[nodiscard]] constexpr catalog::ttnn::DecoderShape head_shape(const PlanRequest& request, const LinearSpec& head,
                                                               const HardwareConfig& c) {
  const auto& runs = request.model.model.runs;
  for (std::size_t r = runs.size(); r-- > 0;)
    for (std::size_t i = runs[r].modules.size(); i-- > 0;) {
      const ModuleSpec& m = runs[r].modules[i];
      if (!is_ttnn_layer(m)) continue;
      auto shape = decoder_shape(request, m, request.model.resolved(request.device, r, i), 0);
      const int parts = shard_parts(request.device, c.sharding(WeightGroup::head)).outputs;
      shape.vocab = (head.out + parts - 1) / parts;
      shape.whole_head = true;  // these are one chip's
      shape.weights[static_cast<std::size_t>(WeightGroup::head)] = request.format(c.weight(WeightGroup::head));
      shape.fp32_head = c.accumulate == DType::fp32;
      shape.head_bias = head.bias;
      return shape;
    }
  return {};
}

/// Outputs of the model's head on one chip; 0 where there is none.
[[nodiscard]] constexpr int head_outputs(const PlanRequest& request) {
  int out = 0;
  request.model.model.each_distinct([&](const ModuleSpec& m, std::size_t r, std::size_t i, int) {
    if (m.kind != ModuleKind::linear) return;
    const HardwareConfig c = request.model.resolved(request.device, r, i).self;
    const int parts = shard_parts(request.device, c.sharding(WeightGroup::head)).outputs;
    out = (m.linear.out + parts - 1) / parts;
  });
  return out;
}

/// What a chip holds of a layer, an attention or a feed-forward network, however they are sharded.
[[nodiscard]] constexpr catalog::ttnn::HeldLayer held_layer(const PlanRequest& request, const ModuleSpec& m,
                                                            const ModuleConfig& c) {
  using catalog::ttnn::HeldMatrix;
  const DeviceTraits& device = request.device;
  auto matrix = [&](std::int64_t k, std::int64_t n, WeightGroup g, const HardwareConfig& h, bool n_is_cut = true) {
    const ShardParts parts = shard_parts(device, h.sharding(g));
    auto part = [](std::int64_t all, int of) { return (all + of - 1) / of; };
    return HeldMatrix{part(k, parts.inputs), n_is_cut ? part(n, parts.outputs) : n, request.format(h.weight(g))};
  };
  catalog::ttnn::HeldLayer l;
  if (m.has_attention()) {
    const AttentionSpec& a = m.attention;
    const AttentionShare share = share_of(a, c.attention, device);
    l.qkv = matrix(a.hidden, std::int64_t{stored_head(a)} * (share.heads + 2 * share.kv_heads), WeightGroup::qkv, c.attention, false);
    l.o = matrix(std::int64_t{a.heads} * stored_head(a), a.hidden, WeightGroup::o, c.attention);
    l.qkv_bias = a.qkv_bias, l.o_bias = a.output_bias;
    l.head_norm_width = a.qk_norm ? stored_head(a) : 0;
  }
  if (m.has_mlp()) {
    const MlpSpec& f = m.mlp;
    l.gate_up = matrix(f.hidden, f.intermediate, WeightGroup::gate_up, c.mlp);
    l.down = matrix(f.intermediate, f.hidden, WeightGroup::down, c.mlp);
    l.gated = f.gated, l.mlp_bias = f.bias;
  }
  if (m.kind != ModuleKind::transformer_layer) return l;
  l.norm_width = m.norm.width, l.norm_bias = m.norm.bias;
  if (!is_ttnn_layer(m)) return l;
  l.norms_in_tiles_too = norm_may_need_tiles(catalog::chip_facts(device), decoder_shape(request, m, c, 0));
  return l;
}

/// Columns of one piece of the head on one chip.
[[nodiscard]] constexpr std::int64_t head_piece(const PlanRequest& request, const LinearSpec& head, const HardwareConfig& c) {
  const catalog::ttnn::DecoderShape shape = head_shape(request, head, c);
  return shape.hidden > 0 ? decode_programs(catalog::chip_facts(request.device), shape).head.shape.n : head.out;
}

}  // namespace ttt
