// From plan ops to kernel calls: what Program binds once, when it is made.
#pragma once

#include <cmath>

#include <ttt/catalog/ttnn/matmul.hpp>
#include <ttt/io/linkage.hpp>
#include <ttt/plan/sharding.hpp>
#include <ttt/runtime/program_call.hpp>

namespace ttt {

namespace program_parts {

/// How a device computes an op: its policy, and the blocks of inputs that TTNN's reference modules give its product.
inline kernels::DeviceMode device_mode(const ModelState& s, const PlanOp& op) {
  const HardwareConfig c = s.config(op);
  const auto phases = [](Fidelity f) { return f == Fidelity::automatic ? 4 : static_cast<int>(f); };
  kernels::DeviceMode mode;
  mode.isa = s.kernels->isa;
  mode.phases = phases(op.fidelity);
  mode.decode_phases = phases(op.decode_fidelity);
  mode.fp32_dst = c.accumulate == DType::fp32;
  mode.activations = c.activations;
  if (multiplies(op.kind)) {
    const DeviceTraits& device = s.request.device;
    const ShardParts parts = shard_parts(device, c.sharding(op.group));  // what one chip multiplies
    const auto share = [](int n, int of) { return (n + of - 1) / of; };
    int n = share(op.kind == OpKind::gated ? op.n / 2 : op.n, parts.outputs);
    if (op.kind == OpKind::qkv) {
      const AttentionShare heads = share_of(s.model.view().module(op.module).attention, c, device);
      n = (heads.heads + 2 * heads.kv_heads) * op.head_dim;
    }
    const catalog::ttnn::MatmulShape shape{.m = 32, .k = share(op.k, parts.inputs), .n = n};
    const bool head = op.group == WeightGroup::head;
    mode.decode_k_block = (head ? head_program(shape) : decode_program(shape)).in0_block_w;
    mode.prompt_k_block = (head ? head_program(shape) : prefill_program(shape)).in0_block_w;
    mode.chips = parts.inputs;
    mode.ring = parts.inputs == 8;  // a T3000; what else is connected lies in a line
  }
  return mode;
}

}  // namespace program_parts

TTT_INLINE void Program::bind() {
  const ModelState& s = *state_;
  const ModelView view = s.model.view();
  const auto batch = static_cast<std::size_t>(s.request.workload.batch);
  // Floats of a part's scratch: an own kernel's are what it asked for.
  auto stride_of = [&](const PlanOp& op) {
    return (s.own_kernel_of(op) != nullptr ? own_scratch_stride(s.request, op) : s.arena.scratch_stride) / 4;
  };
  int attention_number = -1;

  auto norm_of = [&](const ModuleSpec& m, const NormWeights& w) {
    return kernels::NormArgs{m.norm.layer ? kernels::NormKind::layer : kernels::NormKind::rms,
                             static_cast<float>(m.norm.eps.v), w.weight, w.bias};
  };
  auto matmul = [&](const PlanOp& op, const kernels::Packed& w, const kernels::NormArgs& norm) {
    kernels::MatmulArgs a{};
    a.x = buffer(op.in);
    a.ldx = op.k;
    a.norm = norm;
    a.w = w;
    a.y = buffer(op.out);
    a.out = op.kind == OpKind::gated ? op.n / 2 : op.n;
    a.ldy = a.out;
    a.scratch = buffer(Role::scratch);
    a.scratch_stride = stride_of(op);
    a.weight_format = op.weights;
    a.operand_format = op.operands;
    a.activation = op.activation;
    return a;
  };
  auto cos_sin = [&](int rope) { return buffer(Role::cos_sin) + std::int64_t{s.arena.rows} * s.ropes.width_before(rope); };

  for (const PlanOp& op : s.ops) {
    auto call = std::make_unique<Call>();
    Call& c = *call;
    c.op = &op;
    const ModuleSpec& m = view.module(op.module);
    const ModuleWeights& w = s.weights.modules[static_cast<std::size_t>(op.module)];
    const bool in_mlp = part_of(op.name) == PartName::mlp;
    kernels::NormArgs norm{};
    if (op.norm_module >= 0)
      norm = norm_of(view.module(op.norm_module),
                     s.weights.modules[static_cast<std::size_t>(op.norm_module)].attention_norm);
    else if (op.norm)
      norm = norm_of(m, in_mlp ? w.mlp_norm : w.attention_norm);

    const kernels::KernelTable& table = s.table_of(op);
    const OwnKernelEntry* const own = s.own_kernel_of(op);
    TeamOp team{nullptr, &c, s.request.parts};
    switch (op.kind) {
      case OpKind::embed:
      case OpKind::rotary: {
        c.fn.embed = op.kind == OpKind::embed ? table.embed(op.weights) : table.any_embed();
        kernels::EmbedArgs& a = c.args.embed;
        a.rows = rows_.data();
        if (op.kind == OpKind::embed) {
          a.table = w.table;
          a.token_types = w.token_types;
          a.positions = w.positions;
          a.scale = static_cast<float>(m.embedding.scale.v);
          a.y = buffer(op.out);
        }
        if (op.rope >= 0) {
          const auto rope = static_cast<std::size_t>(op.rope);
          a.inv_freq = inv_freq_[rope].data();
          a.rope_scale = rope_scale_[rope].data();
          a.rotary_dim = s.ropes.uses[rope].rotary_dim();
          a.cos_sin = cos_sin(op.rope);
        }
        team.run = Call::run<&Call::Args::embed, &Call::Fn::embed>;
        break;
      }
      case OpKind::qkv: {
        ++attention_number;
        for (std::size_t i = 0; s.encoder && i < batch; ++i) {
          const std::int64_t bytes = passing_bytes(s.request, m.attention, op.kv);
          std::byte* const keys = arena_->data() + s.arena.offset_of(Role::keys_values) + 2 * static_cast<std::int64_t>(i) * bytes;
          caches_[static_cast<std::size_t>(attention_number) * batch + i] =
              kernels::contiguous_kv(keys, keys + bytes, catalog::round_up(kv_capacity(s.context()), s.engine != nullptr ? 32 : 1));
        }
        c.fn.qkv = own != nullptr ? own->qkv : table.qkv(op.weights, op.operands);
        kernels::QkvArgs& a = c.args.qkv;
        a.matmul = matmul(op, w.qkv, norm);
        a.matmul.y = nullptr;
        a.heads = m.attention.heads;
        a.kv_heads = m.attention.kv_heads;
        a.head_dim = m.attention.head_dim;
        a.rotary_dim = m.attention.rotary_dim();
        a.interleaved = m.attention.rope.interleaved;
        a.q_norm = w.q_norm;
        a.k_norm = w.k_norm;
        a.qk_norm_eps = static_cast<float>(m.attention.qk_norm_eps.v);
        a.rows = rows_.data();
        a.cos_sin = op.rope >= 0 ? cos_sin(op.rope) : nullptr;
        a.q = buffer(Role::q);
        a.kv = buffer(Role::kv);
        a.kv_format = op.kv;
        a.append = table.append(op.kv);
        a.caches = caches_.data() + static_cast<std::size_t>(attention_number) * batch;
        team.run = Call::run<&Call::Args::qkv, &Call::Fn::qkv>;
        break;
      }
      case OpKind::attention: {
        c.fn.attention = own != nullptr ? own->attention : table.attention(op.kv);
        kernels::AttentionArgs& a = c.args.attention;
        a.heads = m.attention.heads;
        a.kv_heads = m.attention.kv_heads;
        a.head_dim = m.attention.head_dim;
        a.rows = s.encoder ? seen_.data() : rows_.data();
        a.q = buffer(Role::q);
        a.caches = caches_.data() + static_cast<std::size_t>(attention_number) * batch;
        a.scale = m.attention.scale.v > 0 ? static_cast<float>(m.attention.scale.v)
                                          : 1.0F / std::sqrt(static_cast<float>(m.attention.head_dim));
        a.softcap = static_cast<float>(m.attention.softcap.v);
        a.window = m.attention.sliding_window;
        a.y = buffer(Role::attention);
        a.scratch = buffer(Role::scratch);
        a.scratch_stride = stride_of(op);
        a.split = {reinterpret_cast<std::uint32_t*>(buffer(Role::partials)),
                   buffer(Role::partials) + s.arena.split_items * catalog::arrival_bytes / 4, s.arena.split_items,
                   s.arena.split_floats};
        a.kv_format = op.kv;
        a.prompt_operands = catalog::operands_of(op.fidelity);
        a.decode_operands = catalog::operands_of(op.decode_fidelity);
        team.run = Call::run<&Call::Args::attention, &Call::Fn::attention>;
        break;
      }
      case OpKind::gated:
      case OpKind::activated: {
        const bool gated = op.kind == OpKind::gated;
        c.fn.matmul = gated ? table.gated(op.weights, op.operands, op.activation)
                            : table.activated(op.weights, op.operands, op.activation);
        for (const OwnActivationSource& mine : s.own_activations)
          if (op.activation == Activation::own && mine.name == m.mlp.own_activation) {
            const kernels::OwnActivationKernels composed = mine.kernels(table.isa);
            c.fn.matmul = gated ? composed.gated(op.weights, op.operands) : composed.activated(op.weights, op.operands);
          }
        if (own != nullptr) c.fn.matmul = own->matmul;
        c.args.matmul = matmul(op, w.up, norm);
        team.run = Call::run<&Call::Args::matmul, &Call::Fn::matmul>;
        break;
      }
      case OpKind::projection:
      case OpKind::linear: {
        c.fn.matmul = op.kind == OpKind::projection ? table.residual(op.weights, op.operands)
                                                    : table.store(op.weights, op.operands);
        c.args.matmul = matmul(op, in_mlp ? w.down : op.name == OpName::attention_o ? w.o : w.linear, norm);
        if (own != nullptr) c.fn.matmul = own->matmul;
        if (m.kind == ModuleKind::linear) c.args.matmul.softcap = static_cast<float>(m.linear.softcap.v);
        team.run = Call::run<&Call::Args::matmul, &Call::Fn::matmul>;
        break;
      }
      case OpKind::norm:
        c.fn.norm = table.norm;
        c.args.norm = {buffer(op.in), buffer(op.out), 0, m.norm.width,
                       norm_of(m, in_mlp ? w.mlp_norm : w.attention_norm)};
        team.run = Call::run<&Call::Args::norm, &Call::Fn::norm>;
        break;
      case OpKind::own:
        c.fn.own = m.own.reference;
        c.args.own = {buffer(op.in), buffer(op.out), 0, w.own.data()};
        team.run = Call::run_own;
        break;
    }
    if (s.engine != nullptr) {
      c.engine = s.engine;
      c.mode = program_parts::device_mode(s, op);
      team.run = c.on_device();
    }
    calls_.push_back(std::move(call));
    ops_.push_back(team);
  }
}

}  // namespace ttt
