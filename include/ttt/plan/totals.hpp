// What a plan adds up to: bytes, FLOPs.
#pragma once

#include <cstdint>

#include <ttt/plan/arena.hpp>
#include <ttt/plan/kv_bytes.hpp>
#include <ttt/plan/ttnn_decoder.hpp>

namespace ttt {

/// Bytes a loaded model holds, by what the allocations are for: of one chip, where the model is spread over several.
struct PlanBytes {
  std::int64_t weights = 0;    ///< packed matrices, biases, norms
  std::int64_t kv = 0;         ///< caches of all sessions of the workload, or the pages they share
  std::int64_t arena = 0;      ///< activations of all sessions together: a step holds them all
  std::int64_t peak = 0;       ///< weights + kv + arena
  std::int64_t load_peak = 0;  ///< weights + the loader's staging buffer
  constexpr bool operator==(const PlanBytes&) const = default;
};

/// The same with the work of one step.
struct PlanTotals : PlanBytes {
  double flops_per_token = 0;  ///< of decode at half the context
  std::int64_t weight_bytes_per_step = 0;  ///< packed bytes one step reads
  constexpr bool operator==(const PlanTotals&) const = default;
};

/// The loader reads and packs so many bytes of weights through one buffer of this size, which its threads divide: a
/// thirty-second of them, from 4 to 64 MiB, so that loading needs hardly more than what it loads.
[[nodiscard]] constexpr std::int64_t staging_bytes(std::int64_t weights) noexcept {
  constexpr std::int64_t mib = std::int64_t{1} << 20;
  if (weights < 16 * mib) return 4 * mib;
  const std::int64_t part = weights / 32 / mib * mib;
  return part < 8 * mib ? 8 * mib : part > 64 * mib ? 64 * mib : part;
}

/// Bytes of one module's weights on one chip. `table_is_shared`: a tied head reads the embedding's table, which is then
/// counted with the head and not with the embedding.
[[nodiscard]] constexpr std::int64_t module_weight_bytes(const PlanRequest& request, const ModuleSpec& m,
                                                         const ModuleConfig& c, bool table_is_shared) {
  const DeviceTraits& device = request.device;
  auto parts = [&](WeightGroup g, const HardwareConfig& h) { return shard_parts(device, h.sharding(g)); };
  auto stored = [&](std::int64_t n, int cut = 1) { return catalog::stored_outputs(device, (n + cut - 1) / cut); };
  // `n` outputs of one chip, and the model's `k` inputs.
  auto matrix = [&](std::int64_t n, std::int64_t k, WeightGroup g, const HardwareConfig& h) {
    const int cut = parts(g, h).inputs;
    return catalog::matrix_bytes(device, n, (k + cut - 1) / cut, request.format(h.weight(g)));
  };
  auto vector_bytes = [&](std::int64_t n) { return catalog::vector_bytes(device, n); };
  auto norm = [&](const NormSpec& n) { return catalog::norm_bytes(device, n.width) * (n.bias ? 2 : 1); };
  std::int64_t bytes = 0;
  switch (m.kind) {
    case ModuleKind::embedding: {
      // A table's columns are the width of its rows: sharded by column, a chip holds a part of every row.
      const int cut = parts(WeightGroup::embedding, c.self).outputs;
      auto table = [&](int rows) {
        return catalog::table_bytes(device, stored(rows), (m.embedding.hidden + cut - 1) / cut,
                                    request.format(c.self.weight(WeightGroup::embedding)));
      };
      bytes = table_is_shared ? 0 : table(m.embedding.vocab);
      for (const int rows : {m.embedding.positions, m.embedding.token_types})
        if (rows > 0) bytes += table(rows);
      return bytes;
    }
    case ModuleKind::linear: {
      const std::int64_t n = stored(m.linear.out, parts(WeightGroup::head, c.self).outputs);
      const int cut = parts(WeightGroup::head, c.self).inputs;
      const std::int64_t piece = device.kind == DeviceKind::ttnn ? head_piece(request, m.linear, c.self) : n;
      return catalog::head_bytes(device, n, (m.linear.in + cut - 1) / cut, request.format(c.self.weight(WeightGroup::head)), piece) +
             (m.linear.bias ? vector_bytes(n) : 0);
    }
    case ModuleKind::rms_norm:
    case ModuleKind::layer_norm: return norm(m.norm);
    case ModuleKind::own:
      for (int i = 0; i < m.own.weight_count; ++i) {
        const WeightShape& w = m.own.weights[static_cast<std::size_t>(i)];
        bytes += catalog::round_up(std::int64_t{4} * w.rows * w.columns, 64);
      }
      return bytes;
    case ModuleKind::attention:
    case ModuleKind::mlp:
    case ModuleKind::transformer_layer: break;
  }
  if (device.kind == DeviceKind::ttnn)
    return device.memory_banks * catalog::ttnn::layer_bytes(catalog::chip_facts(device), held_layer(request, m, c));
  if (m.has_attention()) {
    const AttentionSpec& a = m.attention;
    const AttentionShare share = share_of(a, c.attention, device);
    const std::int64_t qkv = stored(share.heads * a.head_dim) + 2 * stored(share.kv_heads * a.head_dim);
    const std::int64_t o = stored(a.hidden, parts(WeightGroup::o, c.attention).outputs);
    bytes += matrix(qkv, a.hidden, WeightGroup::qkv, c.attention) + matrix(o, a.q_width(), WeightGroup::o, c.attention);
    if (a.qkv_bias) bytes += vector_bytes(qkv);
    if (a.output_bias) bytes += vector_bytes(o);
    if (a.qk_norm) bytes += 2 * vector_bytes(a.head_dim);
  }
  if (m.has_mlp()) {
    const MlpSpec& f = m.mlp;
    const std::int64_t half = stored(f.intermediate, parts(WeightGroup::gate_up, c.mlp).outputs);
    const std::int64_t up = half * (f.gated ? 2 : 1);
    const std::int64_t down = stored(f.hidden, parts(WeightGroup::down, c.mlp).outputs);
    bytes += matrix(down, f.intermediate, WeightGroup::down, c.mlp) + matrix(up, f.hidden, WeightGroup::gate_up, c.mlp);
    if (f.bias) bytes += vector_bytes(up) + vector_bytes(down);
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

/// Whether embedding and tied head are one table: not where a mesh spreads them differently, or their formats differ.
[[nodiscard]] constexpr bool table_is_shared(const PlanRequest& request) {
  if (!head_is_tied(request.model.model)) return false;
  return request.device.kind == DeviceKind::cpu || request.device.kind == DeviceKind::own;
}

/// Rows that are live at once beside weights and caches, on a device whose own allocator places them: the residual
/// stream twice, and the widest product's inputs and outputs, of one step.
class DeviceActivations {
 public:
  constexpr explicit DeviceActivations(const PlanRequest& request)
      : request_(request), head_outputs_(request.device.kind == DeviceKind::ttnn ? head_outputs(request) : 0) {}

  constexpr void add(const ModuleSpec& m, const ModuleConfig& c) {
    const DeviceTraits& device = request_.device;
    if (device.kind == DeviceKind::ttnn && is_ttnn_layer(m)) {
      const catalog::ttnn::ChipFacts chip = catalog::chip_facts(device);
      const std::int64_t bytes =
          chip.dram_banks * catalog::ttnn::step_bytes(chip, decoder_shape(request_, m, c, 0), head_outputs_);
      if (bytes > placed_) placed_ = bytes;
      return;
    }
    if (m.has_attention()) {
      const AttentionShare share = share_of(m.attention, c.attention, device);
      take(2 * m.attention.hidden + (2 * share.heads + 2 * share.kv_heads) * m.attention.head_dim,
           c.attention.activations);
    }
    if (m.has_mlp()) {
      const int cut = shard_parts(device, c.mlp.sharding(WeightGroup::gate_up)).outputs;
      take(2 * m.mlp.hidden + (m.mlp.gated ? 3 : 2) * ((m.mlp.intermediate + cut - 1) / cut), c.mlp.activations);
    }
    if (m.kind == ModuleKind::linear) {
      const int cut = shard_parts(device, c.self.sharding(WeightGroup::head)).outputs;
      const double bytes = (m.linear.out + cut - 1) / cut * bits_of(c.self.activations) / 8;
      logits_ = static_cast<std::int64_t>(bytes * request_.logits_rows());
    }
  }
  [[nodiscard]] constexpr std::int64_t bytes() const {
    const std::int64_t rows = catalog::round_up(request_.rows(), request_.device.tile) * widest_;
    return placed_ > 0 ? (placed_ > rows ? placed_ : rows) : rows + logits_;  // the catalog has counted the logits
  }

 private:
  constexpr void take(std::int64_t numbers, DType t) {
    const auto bytes = static_cast<std::int64_t>(static_cast<double>(numbers) * bits_of(t) / 8);
    if (bytes > widest_) widest_ = bytes;
  }

  const PlanRequest& request_;
  int head_outputs_;         // of one chip
  std::int64_t widest_ = 0;  // bytes of a row
  std::int64_t placed_ = 0;  // what TTNN's catalog says of a layer
  std::int64_t logits_ = 0;
};

/// Weights and caches alone. `each(module, configuration)` is called on the way: what it adds up takes no walk of its own.
[[nodiscard]] constexpr PlanBytes held_bytes(const PlanRequest& request, auto&& each) {
  PlanBytes b;
  const bool tied = table_is_shared(request);
  const ModelView& model = request.model.model;
  model.each_distinct([&](const ModuleSpec& m, std::size_t r, std::size_t i, int) {
    const ModuleConfig c = request.model.resolved(request.device, r, i);
    b.weights += model.runs[r].count * module_weight_bytes(request, m, c, tied);
    if (m.has_attention()) {
      const KvBlocks blocks = kv_blocks(request, m.attention, c.attention);
      b.kv = added(b.kv, model.runs[r].count * blocks.count, blocks.bytes);
    }
    each(m, c);
  });
  return b;
}
[[nodiscard]] constexpr PlanBytes with_arena(PlanBytes b, std::int64_t arena) {
  b.arena = arena;
  b.peak = b.weights + b.kv + b.arena;
  b.load_peak = b.weights + staging_bytes(b.weights);
  return b;
}
/// All bytes of a request.
[[nodiscard]] constexpr PlanBytes plan_bytes(const PlanRequest& request) {
  if (request.device.kind == DeviceKind::cpu)
    return with_arena(held_bytes(request, [](const auto&...) {}), arena_layout(request).total);
  DeviceActivations live(request);
  const PlanBytes b = held_bytes(request, [&](const ModuleSpec& m, const ModuleConfig& c) { live.add(m, c); });
  return with_arena(b, live.bytes());
}

/// `bytes`, and the work of one step.
[[nodiscard]] constexpr PlanTotals plan_totals(const PlanRequest& request, const PlanBytes& bytes) {
  PlanTotals t{bytes};
  emit_ops(request, false, [&](const PlanOp& op) {
    t.flops_per_token += op.repeat * (op.flops_per_row + op.flops_per_row_and_key * request.workload.context / 2);
    t.weight_bytes_per_step += op.repeat * op.weight_bytes;
  });
  return t;
}
/// `arena`: bytes of activations, where they were worked out before.
[[nodiscard]] constexpr PlanTotals plan_totals(const PlanRequest& request, std::int64_t arena) {
  return plan_totals(request, with_arena(held_bytes(request, [](const auto&...) {}), arena));
}
[[nodiscard]] constexpr PlanTotals plan_totals(const PlanRequest& request) {
  return plan_totals(request, plan_bytes(request));
}

}  // namespace ttt
