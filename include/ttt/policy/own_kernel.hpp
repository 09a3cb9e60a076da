// Kernels of the user's own: the concept they satisfy, and what they say of themselves as values.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ttt/policy/device.hpp>
#include <ttt/policy/op_kind.hpp>
#include <ttt/spec/activation.hpp>

namespace ttt {

/// One op as its kernel is asked about it. Counts are those of one step: the most there can be where a kernel says
/// whether it supports the op and how much scratch it takes, and the step's own where it says what the op costs.
struct OpShape {
  OpKind op = OpKind::attention;
  DeviceKind device = DeviceKind::cpu;
  int rows = 1;      ///< tokens
  int sessions = 1;  ///< sequences they belong to
  int keys = 16;     ///< positions in the cache that a row sees
  int heads = 1;     ///< attention and qkv
  int kv_heads = 1;
  int head_dim = 64;
  DType kv = DType::fp16;
  int n = 64;  ///< products: outputs, gate and up together
  int k = 64;  ///< products: inputs
  DType weights = DType::bf16;
  DType operands = DType::fp32;
  Activation activation = Activation::silu;
  bool norm = false;  ///< a norm is fused in front of the product
  constexpr bool operator==(const OpShape&) const = default;
};

/// What one op does in one step.
struct OpCost {
  double flops = 0;
  double bytes = 0;  ///< read from memory: weights, keys and values
};

namespace kernels {

// Defined in kernels/args.hpp: a kernel's source sees them, a policy needs their names only.
struct Part;
struct AttentionArgs;
struct MatmulArgs;
struct QkvArgs;

using OwnAttentionFn = void (*)(const AttentionArgs&, Part) noexcept;
using OwnMatmulFn = void (*)(const MatmulArgs&, Part) noexcept;
using OwnQkvFn = void (*)(const QkvArgs&, Part) noexcept;

/// The ops an own kernel can replace.
[[nodiscard]] constexpr bool is_replaceable(OpKind k) {
  return k == OpKind::qkv || k == OpKind::attention || k == OpKind::gated || k == OpKind::activated ||
         k == OpKind::projection || k == OpKind::linear;
}
/// A name that policies, files and the command line can spell: letters, digits, `_` and `-`, at most 64 of them.
[[nodiscard]] constexpr bool is_kernel_name(std::string_view name) {
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return !name.empty() && name.size() <= 64;
}

// The parts of the concept, each by itself, so that a refusal can name the one that is missing.
template <class K>
concept HasName = requires {
  { K::name } -> std::convertible_to<std::string_view>;
  requires std::bool_constant<is_kernel_name(K::name)>::value;
};
template <class K>
concept HasOp = requires {
  { K::op } -> std::convertible_to<OpKind>;
  requires std::bool_constant<is_replaceable(K::op)>::value;
};
template <class K>
concept HasSupports = requires(OpShape s) {
  { K::supports(s) } -> std::same_as<bool>;
  typename std::bool_constant<(static_cast<void>(K::supports(OpShape{.op = K::op})), true)>;
};
template <class K>
concept HasScratch = requires(OpShape s) {
  { K::scratch_bytes(s, 1) } -> std::convertible_to<std::int64_t>;
  typename std::bool_constant<(static_cast<void>(K::scratch_bytes(OpShape{.op = K::op}, 1)), true)>;
};
template <class K>
concept HasCost = requires(OpShape s) {
  { K::cost(s) } -> std::convertible_to<OpCost>;
  typename std::bool_constant<(static_cast<void>(K::cost(OpShape{.op = K::op})), true)>;
};
template <class K>
concept RunsAttention = requires { static_cast<OwnAttentionFn>(&K::run); };
template <class K>
concept RunsQkv = requires { static_cast<OwnQkvFn>(&K::run); };
template <class K>
concept RunsMatmul = requires { static_cast<OwnMatmulFn>(&K::run); };
template <class K>
concept HasRun = (K::op == OpKind::attention && RunsAttention<K>) || (K::op == OpKind::qkv && RunsQkv<K>) ||
                 (K::op != OpKind::attention && K::op != OpKind::qkv && RunsMatmul<K>);

/// A kernel of your own, all of it static (examples/own_attention.cpp):
///
///     struct MyAttention {
///       static constexpr std::string_view name = "my_attention";
///       static constexpr OpKind op = OpKind::attention;            // what it replaces
///       static constexpr bool supports(const OpShape&);            // formats, head_dim, ...
///       static constexpr std::int64_t scratch_bytes(const OpShape&, int parts);  // of all parts together
///       static constexpr OpCost cost(const OpShape&);              // {flops, bytes} of one step
///       static void run(const kernels::AttentionArgs&, kernels::Part) noexcept;
///     };
///
/// `run` of a qkv kernel takes `QkvArgs`, that of any other product `MatmulArgs` (<ttt/kernels/own_kernel.hpp>). It does
/// its part of the op and nothing else: parts run at the same time, on any thread, and what they write must not overlap.
template <class K>
concept OwnKernel = HasName<K> && HasOp<K> && HasSupports<K> && HasScratch<K> && HasCost<K> && HasRun<K>;

}  // namespace kernels

/// An own kernel as values: what the plan, the checks and the engine use.
struct OwnKernelEntry {
  std::string_view name;  ///< of static storage
  OpKind op = OpKind::attention;
  bool (*supports)(const OpShape&) = nullptr;
  std::int64_t (*scratch_bytes)(const OpShape&, int parts) = nullptr;
  OpCost (*cost)(const OpShape&) = nullptr;
  // The one that runs its op; the others are null.
  kernels::OwnAttentionFn attention = nullptr;
  kernels::OwnQkvFn qkv = nullptr;
  kernels::OwnMatmulFn matmul = nullptr;
};

namespace types {

template <class K>
struct own_kernel_calls {
  static constexpr bool supports(const OpShape& s) { return K::supports(s); }
  static constexpr std::int64_t scratch_bytes(const OpShape& s, int parts) { return K::scratch_bytes(s, parts); }
  static constexpr OpCost cost(const OpShape& s) { return K::cost(s); }
};
/// The entry of a kernel.
template <kernels::OwnKernel K>
[[nodiscard]] constexpr OwnKernelEntry own_kernel_entry() {
  OwnKernelEntry e{K::name, K::op, &own_kernel_calls<K>::supports, &own_kernel_calls<K>::scratch_bytes,
                   &own_kernel_calls<K>::cost};
  if constexpr (K::op == OpKind::attention) {
    e.attention = &K::run;
  } else if constexpr (K::op == OpKind::qkv) {
    e.qkv = &K::run;
  } else {
    e.matmul = &K::run;
  }
  return e;
}

}  // namespace types
}  // namespace ttt
