// Plan ops: what the engine executes, one fused kernel call each.
#pragma once

#include <cstdint>
#include <string_view>

#include <ttt/policy/hardware_config.hpp>
#include <ttt/policy/op_kind.hpp>
#include <ttt/spec/activation.hpp>
#include <ttt/spec/module.hpp>

namespace ttt {

/// The arena's buffers by role. `x` is the residual stream; `spare` is where ops that cannot work in place write,
/// after which the two change places.
/// `keys_values`: of one bidirectional attention, packed as a cache; decoders keep theirs in their sessions.
enum class Role : std::uint8_t { x, spare, cos_sin, q, kv, attention, hidden, logits, scratch, partials, keys_values };
inline constexpr std::size_t role_count = 11;

[[nodiscard]] constexpr std::string_view name_of(Role r) noexcept {
  constexpr std::string_view names[] = {"x",      "spare",  "cos_sin", "q",        "kv",         "attention",
                                        "hidden", "logits", "scratch", "partials", "keys_values"};
  return names[static_cast<std::size_t>(r)];
}

/// What a module's op is called after the module's path: `layers.3.attention.qkv`.
enum class OpName : std::uint8_t {
  none, attention_qkv, attention_scores, attention_o, mlp_gate_up, mlp_up, mlp_down, attention_norm, mlp_norm
};
[[nodiscard]] constexpr std::string_view name_of(OpName n) noexcept {
  constexpr std::string_view names[] = {"",        ".attention.qkv", ".attention.scores", ".attention.o", ".mlp.gate_up",
                                        ".mlp.up", ".mlp.down",      ".attention.norm",   ".mlp.norm"};
  return names[static_cast<std::size_t>(n)];
}
/// The part of a module that configures the op.
[[nodiscard]] constexpr PartName part_of(OpName n) noexcept {
  using enum OpName;
  switch (n) {
    case attention_qkv: case attention_scores: case attention_o: case attention_norm: return PartName::attention;
    case mlp_gate_up: case mlp_up: case mlp_down: case mlp_norm: return PartName::mlp;
    case none: break;
  }
  return PartName::whole;
}

/// One fused op. All sizes are values: kernels are keyed on formats, activation and (attention) head_dim alone.
struct PlanOp {
  OpKind kind = OpKind::own;
  OpName name = OpName::none;
  int module = 0;  ///< index among all modules, repetitions counted
  int repeat = 1;  ///< times this op occurs when runs are not written out
  Role in = Role::x;
  Role out = Role::x;
  bool norm = false;      ///< a norm is fused in front
  int norm_module = -1;   ///< the module that norm belongs to when it is not the op's own
  WeightGroup group = WeightGroup::qkv;
  DType weights = DType::automatic;
  DType operands = DType::automatic;  ///< fp32, or bf16 under HiFi2
  Fidelity fidelity = Fidelity::automatic;        ///< of the product; of the scores over a prompt
  Fidelity decode_fidelity = Fidelity::automatic; ///< attention: of the scores of one token
  KernelVariant variant = KernelVariant::fused;
  std::string_view own_kernel{};  ///< its name when `variant` is `own`
  DType kv = DType::automatic;
  DType activations = DType::automatic;  ///< of the rows, as a described device holds them
  DType accumulate = DType::automatic;   ///< of the sums
  Activation activation = Activation::silu;
  int rope = -1;  ///< embed, rotary, qkv: which rotary embedding of the model
  int angles = 0; ///< embed, rotary: of one row, that sines and cosines are made of
  int head_dim = 0;  ///< qkv, attention
  int kv_heads = 0;  ///< qkv, attention: of one chip
  int n = 0;  ///< outputs
  int k = 0;  ///< inputs
  // Of one chip, where a model is spread over several:
  int chip_n = 0;     ///< products: outputs as stored, of gate and up together
  int chip_k = 0;     ///< products: inputs
  int sum_chips = 1;  ///< products: chips whose sums are added
  std::int64_t weight_bytes = 0;     ///< packed bytes read once a step
  double flops_per_row = 0;          ///< without attention's, which grow with the context
  double flops_per_row_and_key = 0;  ///< attention
  double bytes_per_key = 0;          ///< attention: KV bytes read for each position of each session
  double link_bytes_per_row = 0;     ///< sent to other chips to add up what they hold apart
};

/// What the op's kernel was fused from, for printing.
[[nodiscard]] constexpr std::string_view fused_from(const PlanOp& op) noexcept {
  switch (op.kind) {
    case OpKind::embed: return op.rope >= 0 ? "embedding,rotary table" : "embedding";
    case OpKind::rotary: return "rotary table";
    case OpKind::qkv:
      return op.norm ? "norm,q,k,v,bias,head norm,rotary,cache append" : "q,k,v,bias,head norm,rotary,cache append";
    case OpKind::attention: return "scores,mask,softmax,values";
    case OpKind::gated: return op.norm ? "norm,gate,up,bias,activation,product" : "gate,up,bias,activation,product";
    case OpKind::activated: return op.norm ? "norm,up,bias,activation" : "up,bias,activation";
    case OpKind::projection: return "product,bias,residual";
    case OpKind::linear: return op.norm ? "norm,product,bias" : "product,bias";
    case OpKind::norm: return "norm";
    case OpKind::own: break;
  }
  return "own module";
}

}  // namespace ttt
