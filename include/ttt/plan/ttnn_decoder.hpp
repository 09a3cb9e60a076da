// A transformer layer as TTNN's catalog sees it.
#pragma once

#include <ttt/catalog/ttnn/decoder_use.hpp>
#include <ttt/plan/emit.hpp>

namespace ttt {

/// Whether a model has more than one layer; looks no further than the second.
[[nodiscard]] constexpr bool has_several_layers(const ModelView& model) {
  int layers = 0;
  for (const RunSpec& r : model.runs)
    for (const ModuleSpec& m : r.modules)
      if (m.kind == ModuleKind::transformer_layer && (layers += r.count) > 1) return true;
  return false;
}

/// One layer of a request under its resolved configuration, as a decoder of at most two such layers; `vocab` 0 leaves the head out.
/// Where one of its two halves adds in fp32 both are taken to: the larger need of the two.
[[nodiscard]] constexpr catalog::ttnn::DecoderShape decoder_shape(const PlanRequest& request, const ModuleSpec& m,
                                                                  const ModuleConfig& c, int vocab) {
  catalog::ttnn::DecoderShape d;
  d.hidden = m.norm.width;
  d.heads = m.attention.heads;
  d.kv_heads = m.attention.kv_heads;
  d.head_dim = m.attention.head_dim;
  d.ffn = m.mlp.intermediate;
  d.vocab = vocab;
  d.layers = has_several_layers(request.model.model) ? 2 : 1;  // the second need not find its rows where the first did
  d.batch = request.workload.batch;
  d.context = request.workload.context;
  d.chunk = request.rows();
  const int attention_parts = shard_parts(request.device, c.attention.sharding(WeightGroup::qkv)).outputs;
  const int ffn_parts = shard_parts(request.device, c.mlp.sharding(WeightGroup::gate_up)).outputs;
  d.chips = attention_parts > ffn_parts ? attention_parts : ffn_parts;
  d.whole_attention = attention_parts == 1;
  d.whole_ffn = ffn_parts == 1;
  d.page = c.attention.kv_form == KvForm::paged && c.attention.page > 0 ? c.attention.page : request.workload.context;
  auto weight = [&](WeightGroup g) {
    const HardwareConfig& h = g == WeightGroup::qkv || g == WeightGroup::o           ? c.attention
                              : g == WeightGroup::gate_up || g == WeightGroup::down ? c.mlp
                                                                                     : c.self;
    return request.format(h.weight(g));
  };
  for (std::size_t g = 0; g < weight_group_count; ++g) d.weights[g] = weight(static_cast<WeightGroup>(g));
  d.kv = c.attention.kv;
  d.activations = c.attention.activations;
  d.fp32_dst = c.attention.accumulate == DType::fp32 || c.mlp.accumulate == DType::fp32;
  return d;
}

}  // namespace ttt
