// From modules to fused ops. One walk serves the static plan (each distinct layer once) and the engine (written out).
#pragma once

#include <ttt/catalog/cpu.hpp>
#include <ttt/catalog/storage.hpp>
#include <ttt/plan/own_kernel.hpp>
#include <ttt/plan/ropes.hpp>
#include <ttt/plan/sharding.hpp>

namespace ttt {

/// What stands behind a module. A value, not a pointer to test: g++'s UBSan calls null tests no constant expression.
struct Following {
  bool exists = false;
  ModuleKind kind = ModuleKind::own;
};

/// What takes the ops. A virtual call rather than a template argument: the walk is compiled once, whoever listens.
class OpSink {
 public:
  constexpr virtual void operator()(const PlanOp& op) = 0;

 protected:
  constexpr ~OpSink() = default;
};

/// Emits a module's ops into a sink; tracks which buffer holds the current rows.
class OpEmitter {
 public:
  constexpr OpEmitter(const PlanRequest& request, OpSink& sink)
      : request_(request), sink_(sink), ropes_(ropes_of(request.model.model)) {}

  /// Rotary tables that no embedding makes along the way.
  constexpr void rotary_tables() {
    const bool embeds = request_.model.model.runs.front().modules.front().kind == ModuleKind::embedding;
    for (int i = embeds ? 1 : 0; i < ropes_.count && i < rope_limit; ++i) {
      PlanOp o = op(OpKind::rotary, 0, 0);
      o.out = Role::cos_sin;
      o.rope = i;
      o.angles = ropes_.uses[static_cast<std::size_t>(i)].rotary_dim() / 2;
      put(o);
    }
  }

  /// A norm waits for a Linear that follows, to fuse with it.
  constexpr void module(const ModuleSpec& m, const ModuleConfig& config, int index, int repeat,
                        Following following) {
    index_ = index;
    repeat_ = repeat;
    last_ = !following.exists;
    switch (m.kind) {
      case ModuleKind::embedding: return embed(m, config);
      case ModuleKind::transformer_layer:
        attention(m.attention, config.attention, true, !m.norm.post);
        if (m.norm.post) norm(m, config.attention, OpName::attention_norm);
        mlp(m.mlp, config.mlp, true, !m.norm.post);
        if (m.norm.post) norm(m, config.mlp, OpName::mlp_norm);
        return;
      case ModuleKind::attention: return attention(m.attention, config.attention, false);
      case ModuleKind::mlp: return mlp(m.mlp, config.mlp, false);
      case ModuleKind::linear: return linear(m.linear, config.self);
      case ModuleKind::rms_norm:
      case ModuleKind::layer_norm:
        if (following.exists && following.kind == ModuleKind::linear && repeat == 1) {
          waiting_norm_ = index;
          return;
        }
        return norm(m, config.self, OpName::none);
      case ModuleKind::own: return moved(op(OpKind::own, m.own.out, m.own.in));
    }
  }
  /// Where the model's output lies after the last module.
  [[nodiscard]] constexpr Role output() const { return current_; }

 private:
  [[nodiscard]] constexpr PlanOp op(OpKind kind, int n, int k) const {
    PlanOp o;
    o.kind = kind;
    o.module = index_;
    o.repeat = repeat_;
    o.n = n;
    o.k = k;
    o.in = o.out = current_;
    return o;
  }
  /// `n`, `k`: of the whole model; `stored_n`: outputs of one chip as it stores them.
  [[nodiscard]] constexpr PlanOp product(OpKind kind, OpName name, WeightGroup group, const HardwareConfig& c,
                                         std::int64_t stored_n, int n, int k) const {
    const ShardParts parts = shard_parts(request_.device, c.sharding(group));
    PlanOp o = op(kind, n, k);
    o.name = name;
    o.group = group;
    o.weights = request_.format(c.weight(group));
    o.fidelity = c.fidelity_of(group);
    o.operands = catalog::operands_of(o.fidelity);
    o.variant = c.kernel;
    o.own_kernel = c.own_kernel;
    o.activations = c.activations;
    o.accumulate = c.accumulate;
    o.chip_n = static_cast<int>(stored_n);
    o.chip_k = static_cast<int>(per_part(k, parts.inputs));
    o.sum_chips = parts.inputs;
    o.weight_bytes = request_.device.kind == DeviceKind::cpu
                         ? catalog::packed_bytes(stored_n, k, o.weights)
                         : catalog::matrix_bytes(request_.device, stored_n, per_part(k, parts.inputs), o.weights);
    o.flops_per_row = 2.0 * n * k / parts.all();
    if (parts.inputs > 1)  // the chips' sums are scattered, added and gathered again
      o.link_bytes_per_row = 2.0 * (parts.inputs - 1) / parts.inputs * n * bits_of(c.activations) / 8;
    return o;
  }
  [[nodiscard]] static constexpr std::int64_t per_part(std::int64_t n, int parts) { return (n + parts - 1) / parts; }
  /// Outputs of a segment on one chip, as it stores them.
  [[nodiscard]] constexpr std::int64_t stored(std::int64_t n, const HardwareConfig& c, WeightGroup group) const {
    return catalog::stored_outputs(request_.device,
                                   per_part(n, shard_parts(request_.device, c.sharding(group)).outputs));
  }
  /// Names the kernel that runs it, and passes it on.
  constexpr void put(PlanOp o) {
    if (o.variant == KernelVariant::own) take_own_kernel(request_, o);
    sink_(o);
  }
  constexpr void moved(PlanOp o) {
    current_ = o.out = current_ == Role::x ? Role::spare : Role::x;
    put(o);
  }
  /// In place.
  constexpr void norm(const ModuleSpec& m, const HardwareConfig& c, OpName name) {
    PlanOp o = op(OpKind::norm, m.norm.width, m.norm.width);
    o.name = name;
    o.activations = c.activations;
    o.variant = c.kernel;
    o.own_kernel = c.own_kernel;
    put(o);
  }
  constexpr void embed(const ModuleSpec& m, const ModuleConfig& config) {
    PlanOp o = product(OpKind::embed, OpName::none, WeightGroup::embedding, config.self,
                       stored(m.embedding.vocab, config.self, WeightGroup::embedding), m.embedding.hidden,
                       m.embedding.vocab);
    o.rope = ropes_.count > 0 ? 0 : -1;
    o.angles = ropes_.count > 0 ? ropes_.uses[0].rotary_dim() / 2 : 0;
    o.weight_bytes = 0;  // rows are read, not the table; the loader counts the table
    o.flops_per_row = o.link_bytes_per_row = 0;
    put(o);
  }
  constexpr void attention(const AttentionSpec& a, const HardwareConfig& c, bool in_layer, bool norm_before = false) {
    const AttentionShare share = share_of(a, c, request_.device);
    const std::int64_t q_outputs = catalog::stored_outputs(request_.device, share.heads * a.head_dim);
    const std::int64_t kv_outputs = catalog::stored_outputs(request_.device, share.kv_heads * a.head_dim);
    PlanOp qkv = product(OpKind::qkv, OpName::attention_qkv, WeightGroup::qkv, c, q_outputs + 2 * kv_outputs,
                         a.q_width() + 2 * a.kv_width(), a.hidden);
    qkv.norm = norm_before;
    qkv.kv = c.kv;
    qkv.rope = ropes_.index_of(a);
    qkv.out = Role::q;
    qkv.head_dim = a.head_dim;
    qkv.kv_heads = share.kv_heads;
    put(qkv);

    PlanOp scores = op(OpKind::attention, a.q_width(), a.head_dim);
    scores.name = OpName::attention_scores;
    scores.kv = c.kv;
    scores.in = Role::q;
    scores.head_dim = a.head_dim;
    scores.kv_heads = share.kv_heads;
    scores.out = Role::attention;
    scores.fidelity = c.scores_prompt;
    scores.decode_fidelity = c.scores_decode;
    scores.activations = c.activations;
    scores.accumulate = c.accumulate;
    scores.variant = c.kernel;
    scores.own_kernel = c.own_kernel;
    scores.flops_per_row_and_key = 4.0 * share.heads * a.head_dim;
    scores.bytes_per_key = request_.device.kind == DeviceKind::cpu
                               ? static_cast<double>(catalog::kv_bytes_per_position(share.kv_heads, a.head_dim, c.kv))
                               : catalog::kv_bytes_of_position(request_.device, share.kv_heads, a.head_dim, c.kv);
    put(scores);

    PlanOp o = product(in_layer ? OpKind::projection : OpKind::linear, OpName::attention_o, WeightGroup::o, c,
                       stored(a.hidden, c, WeightGroup::o), a.hidden, a.q_width());
    o.in = Role::attention;
    in_layer ? put(o) : moved(o);
  }
  constexpr void mlp(const MlpSpec& m, const HardwareConfig& c, bool in_layer, bool norm_before = false) {
    PlanOp up = product(m.gated ? OpKind::gated : OpKind::activated, m.gated ? OpName::mlp_gate_up : OpName::mlp_up,
                        WeightGroup::gate_up, c,
                        stored(m.intermediate, c, WeightGroup::gate_up) * (m.gated ? 2 : 1),
                        m.intermediate * (m.gated ? 2 : 1), m.hidden);
    if (m.gated && request_.device.kind == DeviceKind::ttnn)  // TTNN keeps gate and up apart
      up.weight_bytes = 2 * catalog::matrix_bytes(request_.device, up.chip_n / 2, up.chip_k, up.weights);
    up.norm = norm_before;
    up.activation = m.activation;
    up.out = Role::hidden;
    put(up);

    PlanOp down = product(in_layer ? OpKind::projection : OpKind::linear, OpName::mlp_down, WeightGroup::down, c,
                          stored(m.hidden, c, WeightGroup::down), m.hidden, m.intermediate);
    down.in = Role::hidden;
    in_layer ? put(down) : moved(down);
  }
  constexpr void linear(const LinearSpec& l, const HardwareConfig& c) {
    PlanOp o = product(OpKind::linear, OpName::none, WeightGroup::head, c, stored(l.out, c, WeightGroup::head), l.out,
                       l.in);
    o.norm = waiting_norm_ >= 0;
    o.norm_module = waiting_norm_;
    waiting_norm_ = -1;
    if (last_) {
      if (request_.device.kind == DeviceKind::ttnn)
        o.weight_bytes = catalog::head_bytes(request_.device, o.chip_n, o.chip_k, o.weights,
                                             catalog::ttnn::head_columns(catalog::chip_facts(request_.device), o.chip_k, o.chip_n));
      current_ = o.out = Role::logits;
      put(o);
    } else {
      moved(o);
    }
  }

  const PlanRequest& request_;
  OpSink& sink_;
  Ropes ropes_;
  Role current_ = Role::x;
  int index_ = 0, repeat_ = 1, waiting_norm_ = -1;
  bool last_ = false;
};

/// Gives every op in order to the sink and returns the role of the model's output. `written_out`: each repetition of a
/// run on its own (the engine); otherwise once, with its count in `PlanOp::repeat`.
constexpr Role emit_ops_to(const PlanRequest& request, bool written_out, OpSink& sink) {
  OpEmitter emitter(request, sink);
  const auto& runs = request.model.model.runs;
  int index = 0;
  emitter.rotary_tables();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const std::size_t size = runs[r].modules.size();
    for (int c = 0; c < (written_out ? runs[r].count : 1); ++c) {
      for (std::size_t m = 0; m < size; ++m) {
        const bool group_ends = m + 1 == size;
        const bool run_ends = group_ends && (c + 1 == runs[r].count || !written_out);
        const Following following = !group_ends           ? Following{true, runs[r].modules[m + 1].kind}
                                    : !run_ends           ? Following{true, runs[r].modules[0].kind}
                                    : r + 1 < runs.size() ? Following{true, runs[r + 1].modules[0].kind}
                                                          : Following{};
        emitter.module(runs[r].modules[m], request.model.resolved(request.device, r, m),
                       index + static_cast<int>(m), written_out ? 1 : runs[r].count, following);
      }
      index += static_cast<int>(size);
    }
    if (!written_out) index += static_cast<int>(size) * (runs[r].count - 1);
  }
  return emitter.output();
}

/// The same to a function: `f(op)`.
template <class F>
constexpr Role emit_ops(const PlanRequest& request, bool written_out, F&& f) {
  struct ToFunction final : OpSink {
    std::remove_reference_t<F>& f;
    constexpr explicit ToFunction(std::remove_reference_t<F>& to) : f(to) {}
    constexpr void operator()(const PlanOp& op) override { f(op); }
  } sink(f);
  return emit_ops_to(request, written_out, sink);
}

}  // namespace ttt
