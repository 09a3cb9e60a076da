// Definitions of ttnn_model.hpp: what a program needs, and what cannot be one.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include <ttt/adaptor/emit/ttnn_model.hpp>
#include <ttt/checks/explain.hpp>
#include <ttt/checks/advise.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/runtime/rope_frequencies.hpp>

namespace ttt::emitting {

inline Error unsupported(std::string where, std::string issue, std::string suggestion) {
  return make_error(ErrorKind::config, "emit_unsupported", std::move(where), std::move(issue), std::move(suggestion));
}
inline constexpr std::string_view no_policy_helps = "no policy changes what a model computes: `ttt run` runs it on the CPU";

/// The mathematics that programs are written for.
inline Result<void> check_mathematics(const ModuleSpec& m, const std::string& path) {
  const AttentionSpec& a = m.attention;
  auto no = [&](std::string_view part, std::string issue) {
    return unsupported(path + std::string(part), std::move(issue), std::string(no_policy_helps));
  };
  if (m.kind != ModuleKind::transformer_layer) return no("", "programs are written for models of transformer layers alone");
  if (m.norm.post) return no("", "it norms behind its sums, and programs are written for norms in front");
  if (m.norm.layer || m.norm.bias) return no("", "its norms are no RmsNorm, and programs are written for those alone");
  if (!m.mlp.gated || m.mlp.bias) return no(".mlp", "programs are written for gated feed-forward networks without biases");
  if (m.mlp.activation != Activation::silu && m.mlp.activation != Activation::gelu && m.mlp.activation != Activation::relu)
    return no(".mlp", fmt::format("the activation {} is not one that TTNN fuses into a product (silu, gelu, relu)", name_of(m.mlp.activation)));
  if (a.bidirectional) return no(".attention", "every token sees the whole sequence, and programs are written for decoders");
  if (a.output_bias) return no(".attention", "its output projection has a bias, and programs are written without");
  if (a.softcap.v != 0) return no(".attention", "its scores are capped, and TTNN's attention does not cap them");
  if (m.norm.width % tt::tile_side != 0)
    return no("", fmt::format("hidden {} is no whole tiles of {}, as TTNN's norms need them", m.norm.width, tt::tile_side));
  if (a.rope.type == RopeType::none || a.rotary_dim() != a.head_dim)
    return no(".attention", fmt::format("{} of the {} numbers of a head turn with the position, and TTNN's rotary embedding turns all",
                                        a.rotary_dim(), a.head_dim));
  return {};
}

/// The policies that programs are written for. `page`: the model's.
inline Result<void> check_policies(const DeviceTraits& device, const ModuleConfig& c, const ModuleConfig& first, const std::string& path) {
  auto no = [&](std::string_view part, std::string issue, std::string suggestion) {
    return unsupported(path + std::string(part), std::move(issue), std::move(suggestion));
  };
  const HardwareConfig& a = c.attention;
  if (a.qkv == QkvForm::separate)
    return no(".attention", "qkv=separate: programs have one product for queries, keys and values", "use qkv=fused");
  for (const auto& [part, h] : {std::pair(".attention", &a), std::pair(".mlp", &c.mlp)})
    if (h->kernel == KernelVariant::naive || h->kernel == KernelVariant::own)
      return no(part, fmt::format("kernel={}: programs are written with TTNN's own ops", name_of(h->kernel)), "use kernel=auto");
  if (a.activations != first.attention.activations || c.mlp.activations != first.attention.activations)
    return no("", fmt::format("activations={} and {} in one model: the residual stream of a program has one format",
                              name_of(first.attention.activations), name_of(a.activations != first.attention.activations ? a.activations : c.mlp.activations)),
              "say activations for the whole model");
  if (a.kv_form != first.attention.kv_form || a.page != first.attention.page)
    return no(".attention", "its pages differ from those of other layers, and a program has one page table", "say kv_form and page for the whole model");
  if (a.kv_form == KvForm::paged && (a.page < tt::tile_side || (a.page & (a.page - 1)) != 0))
    return no(".attention", fmt::format("page={}: prompts come in steps of a power of two, so pages do too", a.page), "use page=32");
  if (device.chips() == 1) return {};
  auto parts = [&](const HardwareConfig& h, WeightGroup g) { return shard_parts(device, h.sharding(g)); };
  auto in_pairs = [&](const HardwareConfig& h, WeightGroup before, WeightGroup after) {  // columns and rows, or both whole
    return parts(h, before).inputs == 1 && parts(h, after) == ShardParts{1, parts(h, before).outputs};
  };
  if (!in_pairs(a, WeightGroup::qkv, WeightGroup::o) || !in_pairs(c.mlp, WeightGroup::gate_up, WeightGroup::down))
    return no("", "programs for several chips divide qkv by heads, gate and up by column, o and down by row, or leave both whole",
              "leave shard out: that is the default");
  if (parts(a, WeightGroup::qkv) != parts(first.attention, WeightGroup::qkv) || parts(c.mlp, WeightGroup::gate_up) != parts(first.mlp, WeightGroup::gate_up))
    return no("", "it is divided over the chips otherwise than the layers before it", "say shard for the whole model");
  return {};
}

/// What a request as a whole needs to be a program.
inline Result<void> check_device(const DeviceTraits& device) {
  if (device.kind != DeviceKind::ttnn)
    return make_error(ErrorKind::hardware, "emit_device_unsupported", "device",
                      fmt::format("{} runs no TTNN programs", device.name), "give --device ttnn:wormhole_n150, or another that `ttt devices` lists");
  if (device.mesh_rows > 1)
    return make_error(ErrorKind::hardware, "emit_device_unsupported", "device",
                      fmt::format("a mesh of {} x {} chips: programs divide a model over one row of chips", device.mesh_rows, device.mesh_columns),
                      "give --mesh 1x8, or a product of one row such as ttnn:wormhole_n300");
  return {};
}

/// What the plan needs against what a chip has, by the rules of `ttt check`: DRAM, and a core's L1. Errors: does_not_fit,
/// buffers_exceed_local_memory.
inline Result<void> check_fits(const ModelState& plan) {
  Findings<1> found;
  checks::FitsMemory(plan.request, found);
  checks::FitsLocalMemory(plan.request, found);
  if (found.ok()) return {};
  return error_of(checks::advised(plan.request, found.found[0]), plan.model.view());
}

/// The head's product in the pieces that fit beside what a step keeps in L1.
inline void plan_head(TtnnModel& m, const tt::Linear& head) {
  m.head_linear = head;
  for (int left = m.share.vocab; left > 0; left -= head.shape.n) m.head_columns.push_back(std::min(left, head.shape.n));
}

/// Whether the rotary rows of a decoding step can stay in L1 for all of its layers: every op still fits beneath them.
inline bool rotary_fits(const TtnnModel& m) {
  const std::int64_t room = tt::rotary_l1_bytes(m.share.attention);
  for (const LayerKind& kind : m.kinds) {
    const tt::DecodePrograms& p = kind.decode;
    for (const tt::Linear* l : {&p.qkv, &p.o, &p.gate_up, &p.down})
      if (tt::linear_l1(m.chip, *l).total() + room > m.chip.l1_bank_bytes) return false;
    if (tt::sharded_norm_l1(kind.module.norm.width, p.residual, m.activations(), false).circular_buffers + p.norm + room > m.chip.l1_bank_bytes)
      return false;
    if (tt::cache_update_l1(m.chip, m.share.attention).circular_buffers + p.cache_update > m.chip.l1_bank_bytes) return false;
    if ((m.attention_chips() > 1 || m.ffn_chips() > 1) && tt::sum_buffers + p.sum + room > m.chip.l1_bank_bytes) return false;
  }
  return tt::linear_l1(m.chip, m.head_linear).total() + room <= m.chip.l1_bank_bytes;
}

inline std::string kind_name(int first, int last) {
  return first == last ? fmt::format("LAYER_{}", first) : fmt::format("LAYERS_{}_TO_{}", first, last);
}

/// Groups equal layers. Errors: emit_unsupported.
inline Result<void> collect_layers(TtnnModel& m) {
  const ModelState& plan = *m.plan;
  const ModelView view = plan.model.view();
  std::vector<std::pair<int, int>> blocks;  // of each kind: its first block of layers
  int layer = 0;
  Result<void> fault;
  view.each([&](const ModuleSpec& s, int index, std::size_t run, std::size_t place) {
    if (!fault || s.kind == ModuleKind::embedding || s.kind == ModuleKind::linear || s.kind == ModuleKind::rms_norm) return;
    const std::string path = plan.path(index);
    LayerKind next{{}, s, plan.request.model.resolved(m.device(), run, place), {}, {}, {}};
    fault = check_mathematics(s, path);
    const LayerKind& first = m.kinds.empty() ? next : m.kinds.front();
    if (fault) fault = check_policies(m.device(), next.config, first.config, path);
    ModuleSpec one = first.module, other = s;
    one.attention.sliding_window = other.attention.sliding_window = 0;
    if (fault && one != other)
      fault = unsupported(path, "it has other sizes than the layers before it, and programs are written for layers that are alike",
                          std::string(no_policy_helps));
    if (!fault) return;
    next.knobs = resolving::knobs_of(plan.request.model, m.device(), run, place);
    const auto same = std::find_if(m.kinds.begin(), m.kinds.end(), [&](const LayerKind& k) {
      return k.module == next.module && k.config == next.config && k.knobs == next.knobs;
    });
    const auto at = static_cast<std::size_t>(same - m.kinds.begin());
    if (same == m.kinds.end()) {
      m.kinds.push_back(std::move(next));
      blocks.emplace_back(layer, layer);
    } else if (blocks[at].second + 1 == layer && m.kind_of.back() == at) {
      blocks[at].second = layer;
    }
    m.kind_of.push_back(at);
    ++layer;
  });
  for (std::size_t i = 0; i < m.kinds.size(); ++i) m.kinds[i].name = kind_name(blocks[i].first, blocks[i].second);
  return fault;
}

/// Embedding, last norm and head. Errors: emit_unsupported.
inline Result<void> collect_ends(TtnnModel& m) {
  const ModelState& plan = *m.plan;
  int embeddings = 0, heads = 0, norms = 0;
  Result<void> fault;
  plan.model.view().each([&](const ModuleSpec& s, int index, std::size_t run, std::size_t place) {
    auto no = [&](std::string issue) { fault = unsupported(plan.path(index), std::move(issue), std::string(no_policy_helps)); };
    const ModuleConfig c = plan.request.model.resolved(m.device(), run, place);
    if (s.kind == ModuleKind::embedding) {
      m.embedding = s.embedding;
      m.embedding_knobs = resolving::knobs_of(plan.request.model, m.device(), run, place);
      ++embeddings;
      if (s.embedding.scale.v != 1 || s.embedding.positions > 0) no("programs look tokens up in one table, unscaled");
      m.embedding_sharding = c.self.sharding(WeightGroup::embedding);
      if (shard_parts(m.device(), m.embedding_sharding).inputs > 1)
        fault = unsupported(plan.path(index), "programs for several chips divide the table by column", "leave shard.embedding out: that is the default");
    } else if (s.kind == ModuleKind::rms_norm) {
      m.norm = s.norm;
      ++norms;
    } else if (s.kind == ModuleKind::linear) {
      m.head = s.linear;
      m.head_config = c;
      m.head_knobs = resolving::knobs_of(plan.request.model, m.device(), run, place);
      ++heads;
      if (s.linear.bias || s.linear.softcap.v != 0) no("its head has a bias or caps its logits, and programs are written for plain ones");
      if (shard_parts(m.device(), c.self.sharding(WeightGroup::head)).inputs > 1)
        fault = unsupported(plan.path(index), "programs for several chips divide the head by column", "leave shard.head out: that is the default");
    }
  });
  TTT_CHECK(fault);
  if (embeddings != 1 || heads != 1 || norms != 1 || m.kinds.empty())
    return unsupported("model", "programs are written for an embedding, transformer layers, an RmsNorm and a head", std::string(no_policy_helps));
  return {};
}

TTT_INLINE Result<TtnnModel> ttnn_model(const ModelState& plan, const EmitOptions& options) {
  TtnnModel m;
  m.plan = &plan;
  m.options = options;
  TTT_CHECK(check_device(plan.request.device));
  TTT_CHECK(collect_layers(m));
  TTT_CHECK(collect_ends(m));
  TTT_CHECK(check_fits(plan));
  m.chip = catalog::chip_facts(m.device());
  const HardwareConfig& attention = m.first().config.attention;
  m.batch = plan.request.workload.batch;
  m.context = plan.context();
  m.page = attention.kv_form == KvForm::paged ? attention.page : tt::tile_side;
  m.pages = (m.context + m.page - 1) / m.page;
  m.chunk = std::max(m.page, static_cast<int>(std::bit_floor(static_cast<unsigned>(std::min(plan.request.rows(), m.pages * m.page)))));
  for (LayerKind& kind : m.kinds) {
    tt::DecoderShape shape = decoder_shape(plan.request, kind.module, kind.config, m.head.out);
    shape.layers = static_cast<int>(m.kind_of.size());
    shape.chips = m.chips();
    shape.whole_head = m.head_chips() == 1;
    shape.whole_embedding = m.embedding_chips() == 1;
    shape.chunk = m.chunk;
    shape.weights[static_cast<std::size_t>(WeightGroup::head)] = plan.request.format(m.head_config.self.weight(WeightGroup::head));
    shape.fp32_head = m.head_config.self.accumulate == DType::fp32;
    m.share = tt::share_of(shape);
    kind.decode = tt::decode_programs(m.chip, shape);
    kind.prompt = tt::prompt_programs(m.chip, shape, kind.decode.pinned);
  }
  plan_head(m, m.kinds[m.kind_of.back()].decode.head);
  if (m.share.attention.heads > m.chip.grid_x * m.chip.grid_y)
    return unsupported(plan.path(1) + ".attention",
                       fmt::format("{} heads on a chip: TTNN joins the heads of one token on a core each, and there are {}", m.share.attention.heads,
                                   m.chip.grid_x * m.chip.grid_y),
                       "divide the heads over more chips with --mesh");
  const RopeSpec& rope = m.attention().rope;
  if (rope.type == RopeType::dynamic && m.context > (rope.original_max_position > 0 ? rope.original_max_position : plan.max_position))
    return unsupported("model", fmt::format("its rotary angles change with every token beyond {}, and the context is {}",
                                            rope.original_max_position > 0 ? rope.original_max_position : plan.max_position, m.context),
                       "give --context of at most that");
  m.inverse_frequencies.resize(static_cast<std::size_t>(m.share.attention.head_dim / 2));  // zeros do not turn
  rope_inverse_frequencies(rope, m.attention().head_dim, plan.max_position, m.context, m.inverse_frequencies.data(), m.rotary_factor);
  m.rotary_stays = rotary_fits(m);
  return m;
}

TTT_INLINE std::string policy_text(const std::vector<ResolvedKnob>& knobs, std::string_view part, std::string_view knob) {
  for (const ResolvedKnob& k : knobs)
    if (k.path == part && k.knob == knob)
      return fmt::format("{}={} ({})", k.knob, k.value, k.origin == Level::device ? "default" : name_of(k.origin));
  return std::string(knob);
}

TTT_INLINE std::string python_of(DType t) {
  switch (t) {
    case DType::bf16: return "ttnn.bfloat16";
    case DType::fp32: return "ttnn.float32";
    default: return "ttnn." + std::string(name_of(t));  // bfloat8_b, bfloat4_b
  }
}
TTT_INLINE std::string python_of(Fidelity f) { return "ttnn.MathFidelity." + std::string(name_of(f)); }

}  // namespace ttt::emitting
