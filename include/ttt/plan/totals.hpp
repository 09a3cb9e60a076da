// What a plan adds up to: bytes, FLOPs.
#pragma once

#include <cstdint>

#include <ttt/plan/arena.hpp>

namespace ttt {

/// Bytes a loaded model holds, by what the allocations are for, and the work of one step.
struct PlanTotals {
  std::int64_t weights = 0;    ///< packed matrices, biases, norms
  std::int64_t kv = 0;         ///< caches of all sessions of the workload
  std::int64_t arena = 0;      ///< activations of all sessions together: a step holds them all
  std::int64_t peak = 0;       ///< weights + kv + arena
  std::int64_t load_peak = 0;  ///< weights + the loader's staging buffer
  double flops_per_token = 0;  ///< of decode at half the context
  std::int64_t weight_bytes_per_step = 0;  ///< packed bytes one step reads
  constexpr bool operator==(const PlanTotals&) const = default;
};

/// The loader reads weight files through one buffer of this size.
inline constexpr std::int64_t staging_bytes = std::int64_t{4} << 20;

/// Positions a session's cache has room for.
[[nodiscard]] constexpr std::int64_t kv_capacity(int context) {
  return catalog::round_up(context, catalog::kv_lanes);
}

/// KV bytes of one session in one attention module.
[[nodiscard]] constexpr std::int64_t kv_bytes(const AttentionSpec& a, DType format, int context) {
  const std::int64_t capacity = kv_capacity(context);
  return catalog::round_up(catalog::k_cache_bytes(a.kv_heads, a.head_dim, capacity, format), 64) +
         catalog::round_up(catalog::v_cache_bytes(a.kv_heads, a.head_dim, capacity, format), 64);
}

/// Bytes of a vector kept in fp32 (norm weights, biases), as allocated.
[[nodiscard]] constexpr std::int64_t vector_bytes(std::int64_t n) { return catalog::round_up(n * 4, 64); }

/// Bytes of one module's weights as the loader packs them. `table_is_shared`: a tied head reads the embedding's table,
/// which is then counted with the head and not with the embedding.
[[nodiscard]] constexpr std::int64_t module_weight_bytes(const PlanRequest& request, const ModuleSpec& m,
                                                         const ModuleConfig& c, bool table_is_shared) {
  auto packed = [&](std::int64_t padded_n, std::int64_t k, WeightGroup g, const HardwareConfig& h) {
    return catalog::round_up(catalog::packed_bytes(padded_n, k, request.format(h.weight(g))), 64);
  };
  auto norm = [](const NormSpec& n) { return vector_bytes(n.width) * (n.bias ? 2 : 1); };
  const auto padded = [](std::int64_t n) { return catalog::padded_outputs(n); };
  std::int64_t bytes = 0;
  switch (m.kind) {
    case ModuleKind::embedding:
      return table_is_shared ? 0
                             : packed(padded(m.embedding.vocab), m.embedding.hidden, WeightGroup::embedding, c.self);
    case ModuleKind::linear:
      bytes = packed(padded(m.linear.out), m.linear.in, WeightGroup::head, c.self);
      return bytes + (m.linear.bias ? vector_bytes(padded(m.linear.out)) : 0);
    case ModuleKind::rms_norm:
    case ModuleKind::layer_norm: return norm(m.norm);
    case ModuleKind::own:
      for (int i = 0; i < m.own.weight_count; ++i) {
        const WeightShape& w = m.own.weights[static_cast<std::size_t>(i)];
        bytes += vector_bytes(static_cast<std::int64_t>(w.rows) * w.columns);
      }
      return bytes;
    case ModuleKind::attention:
    case ModuleKind::mlp:
    case ModuleKind::transformer_layer: break;
  }
  if (m.has_attention()) {
    const AttentionSpec& a = m.attention;
    const std::int64_t qkv = padded(a.q_width()) + 2 * padded(a.kv_width());
    bytes += packed(qkv, a.hidden, WeightGroup::qkv, c.attention) +
             packed(padded(a.hidden), a.q_width(), WeightGroup::o, c.attention);
    if (a.qkv_bias) bytes += vector_bytes(qkv);
    if (a.output_bias) bytes += vector_bytes(padded(a.hidden));
    if (a.qk_norm) bytes += 2 * vector_bytes(a.head_dim);
  }
  if (m.has_mlp()) {
    const MlpSpec& f = m.mlp;
    const std::int64_t up = padded(f.intermediate) * (f.gated ? 2 : 1);
    bytes += packed(up, f.hidden, WeightGroup::gate_up, c.mlp) +
             packed(padded(f.hidden), f.intermediate, WeightGroup::down, c.mlp);
    if (f.bias) bytes += vector_bytes(up) + vector_bytes(padded(f.hidden));
  }
  if (m.kind == ModuleKind::transformer_layer) bytes += 2 * norm(m.norm);
  return bytes;
}

/// Whether the model's head reads the embedding's table.
[[nodiscard]] constexpr bool head_is_tied(const ModelView& model) {
  for (const RunSpec& r : model.runs)
    for (const ModuleSpec& m : r.modules)
      if (m.kind == ModuleKind::linear && !m.linear.tied_to.empty()) return true;
  return false;
}

/// Bytes of all weights: the one block the loader packs them into.
[[nodiscard]] constexpr std::int64_t weight_bytes(const PlanRequest& request) {
  std::int64_t bytes = 0;
  const bool tied = head_is_tied(request.model.model);
  for (std::size_t r = 0; r < request.model.model.runs.size(); ++r) {
    const RunSpec& run = request.model.model.runs[r];
    for (std::size_t i = 0; i < run.modules.size(); ++i)
      bytes += run.count *
               module_weight_bytes(request, run.modules[i], request.model.resolved(request.device, r, i), tied);
  }
  return bytes;
}

/// `arena` is the request's own layout.
[[nodiscard]] constexpr PlanTotals plan_totals(const PlanRequest& request, const ArenaLayout& arena) {
  PlanTotals t;
  t.weights = weight_bytes(request);
  for (std::size_t r = 0; r < request.model.model.runs.size(); ++r) {
    const RunSpec& run = request.model.model.runs[r];
    for (std::size_t i = 0; i < run.modules.size(); ++i) {
      const ModuleSpec& m = run.modules[i];
      if (!m.has_attention()) continue;
      const DType format = request.model.resolved(request.device, r, i).attention.kv;
      t.kv += run.count * request.workload.batch * kv_bytes(m.attention, format, request.workload.context);
    }
  }
  t.arena = arena.total;
  t.peak = t.weights + t.kv + t.arena;
  t.load_peak = t.weights + staging_bytes;
  emit_ops(request, false, [&](const PlanOp& op) {
    t.flops_per_token += op.repeat * (op.flops_per_row + op.flops_per_row_and_key * request.workload.context / 2);
    t.weight_bytes_per_step += op.repeat * op.weight_bytes;
  });
  return t;
}
[[nodiscard]] constexpr PlanTotals plan_totals(const PlanRequest& request) {
  return plan_totals(request, arena_layout(request));
}

}  // namespace ttt
