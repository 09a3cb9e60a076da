// What the source that `ttt compile` generates includes, with one level's kernels: fills the table from the plan
// of the model's type.
#pragma once

#include <span>
#include <utility>

#include <ttt/checks/gate.hpp>
#include <ttt/policy/devices/cpu.hpp>
#include <ttt/runtime/variant_table.hpp>

namespace ttt::compiling {

/// A configuration from what a function turns: one expression, however many knobs.
template <class Turn>
[[nodiscard]] constexpr HardwareConfig configured(Turn turn) {
  HardwareConfig c;
  turn(c);
  return c;
}

/// What is said of one module when nothing is left to inherit.
using Written = WrittenConfig;
[[nodiscard]] constexpr Written written(const HardwareConfig& attention, const HardwareConfig& mlp,
                                        const HardwareConfig& self) {
  Written w;
  w.attention = attention;
  w.mlp = mlp;
  w.self = self;
  return w;
}

/// The request of a model's runs under the policies written for them.
[[nodiscard]] constexpr PlanRequest request_of(const ModelView& model, std::span<const std::span<const Written>> written,
                                               bool has_bf16_dot, int context, DType stored) {
  return variant_request({model, written}, cpu::traits, has_bf16_dot, context, stored);
}

/// What the gate asks of a unit.
template <class Unit>
struct AskedOfUnit {
  static constexpr PlanRequest request = Unit::request();
};
/// True, or the sentence of `accepts`: the static check, of a model under policies that are values.
template <class Model, class Unit>
inline constexpr bool passes = report::verdict<typename report::sentence<typename types::as_model<Model>::type,
                                                                         checks::diagnosis<AskedOfUnit<Unit>>>::type>::value;

/// Which entries of a table a plan calls.
struct KernelNeeds {
  bool embed[kernels::weight_format_count]{};
  bool store[kernels::weight_format_count][kernels::activation_format_count]{};
  bool residual[kernels::weight_format_count][kernels::activation_format_count]{};
  bool activated[kernels::weight_format_count][kernels::activation_format_count][kernels::activation_count]{};
  bool gated[kernels::weight_format_count][kernels::activation_format_count][kernels::activation_count]{};
  bool qkv[kernels::weight_format_count][kernels::activation_format_count]{};
  bool append[kernels::kv_format_count]{};
  bool attention[kernels::kv_format_count]{};
  bool norm = false;
};

[[nodiscard]] constexpr KernelNeeds kernel_needs(const PlanRequest& request) {
  KernelNeeds n;
  bool embeds = false, rotary = false;
  emit_ops(request, false, [&](const PlanOp& op) {
    const int w = kernels::weight_index(op.weights), a = kernels::activation_index(op.operands);
    const int f = static_cast<int>(op.activation), kv = kernels::kv_index(op.kv);
    if (op.variant == KernelVariant::naive) return;  // the plain loops are the program's
    const bool product = w >= 0 && a >= 0;  // what no table lists is the program's business
    switch (op.kind) {
      case OpKind::embed:
        if (w >= 0) n.embed[w] = embeds = true;
        break;
      case OpKind::rotary: rotary = true; break;
      case OpKind::qkv:
        if (product) n.qkv[w][a] = true;
        if (kv >= 0) n.append[kv] = true;
        break;
      case OpKind::attention:
        if (kv >= 0) n.attention[kv] = true;
        break;
      case OpKind::gated:
        if (product && f < kernels::activation_count) n.gated[w][a][f] = true;
        break;
      case OpKind::activated:
        if (product && f < kernels::activation_count) n.activated[w][a][f] = true;
        break;
      case OpKind::projection:
        if (product) n.residual[w][a] = true;
        break;
      case OpKind::linear:
        if (product) n.store[w][a] = true;
        break;
      case OpKind::norm: n.norm = true; break;
      case OpKind::own: break;
    }
  });
  if (rotary && !embeds) n.embed[kernels::weight_index(DType::bf16)] = true;  // any will do
  return n;
}

/// Whether a table holds all of them.
[[nodiscard]] constexpr bool holds_kernels(const VariantTable& t, const KernelNeeds& n) {
  bool all = !n.norm || t.norm != nullptr;
  const auto need = [&](bool needed, auto* kernel) { all = all && (!needed || kernel != nullptr); };
  for (int w = 0; w < kernels::weight_format_count; ++w) {
    need(n.embed[w], t.embed[w]);
    for (int a = 0; a < kernels::activation_format_count; ++a) {
      need(n.store[w][a], t.store[w][a]);
      need(n.residual[w][a], t.residual[w][a]);
      for (int f = 0; f < kernels::activation_count; ++f) need(n.activated[w][a][f], t.activated[w][a][f]);
      for (int f = 0; f < kernels::activation_count; ++f) need(n.gated[w][a][f], t.gated[w][a][f]);
      need(n.qkv[w][a], t.qkv[w][a]);
    }
  }
  for (int k = 0; k < kernels::kv_format_count; ++k) {
    need(n.append[k], t.append[k]);
    need(n.attention[k], t.attention[k]);
  }
  return all;
}

/// `Unit::request()` is the plan's request; `Level` the kernels of one level (kernels/cpu/<level>.hpp).
template <class Unit, class Level>
class UnitTable {
  static constexpr KernelNeeds needs = kernel_needs(Unit::request());
  static constexpr DType weights(int w) { return kernels::weight_formats[w]; }
  static constexpr DType operands(int a) { return kernels::activation_formats[a]; }

  template <int W, int A, int... F>
  static constexpr void fill_activations(VariantTable& t, std::integer_sequence<int, F...>) {
    ((fill_one<W, A, F>(t)), ...);
  }
  template <int W, int A, int F>
  static constexpr void fill_one(VariantTable& t) {
    constexpr auto f = static_cast<Activation>(F);
    if constexpr (needs.activated[W][A][F]) t.activated[W][A][F] = Level::template activated<weights(W), operands(A), f>;
    if constexpr (needs.gated[W][A][F]) t.gated[W][A][F] = Level::template gated<weights(W), operands(A), f>;
  }
  template <int W, int A>
  static constexpr void fill_products(VariantTable& t) {
    if constexpr (needs.store[W][A]) t.store[W][A] = Level::template store<weights(W), operands(A)>;
    if constexpr (needs.residual[W][A]) t.residual[W][A] = Level::template residual<weights(W), operands(A)>;
    fill_activations<W, A>(t, std::make_integer_sequence<int, kernels::activation_count>{});
    if constexpr (needs.qkv[W][A]) t.qkv[W][A] = Level::template qkv<weights(W), operands(A)>;
  }
  template <int W, int... A>
  static constexpr void fill_weights(VariantTable& t, std::integer_sequence<int, A...>) {
    if constexpr (needs.embed[W]) t.embed[W] = Level::template embed<weights(W)>;
    (fill_products<W, A>(t), ...);
  }
  template <int K>
  static constexpr void fill_cache(VariantTable& t) {
    if constexpr (needs.append[K]) t.append[K] = Level::template append<kernels::kv_formats[K]>;
    if constexpr (needs.attention[K]) t.attention[K] = Level::template attention<kernels::kv_formats[K]>;
  }
  template <int... W, int... K>
  static constexpr void fill(VariantTable& t, std::integer_sequence<int, W...>, std::integer_sequence<int, K...>) {
    (fill_weights<W>(t, std::make_integer_sequence<int, kernels::activation_format_count>{}), ...);
    (fill_cache<K>(t), ...);
    if constexpr (needs.norm) t.norm = Level::norm;
  }

 public:
  static constexpr VariantTable make(const char* key, kernels::Isa isa, bool has_bf16_dot) {
    VariantTable t{};
    t.abi = variant_abi;
    t.bytes = sizeof(VariantTable);
    t.key = key;
    t.isa = static_cast<std::int32_t>(isa);
    t.has_bf16_dot = has_bf16_dot ? 1 : 0;
    t.facts = variant_facts(Unit::request());
    fill(t, std::make_integer_sequence<int, kernels::weight_format_count>{},
         std::make_integer_sequence<int, kernels::kv_format_count>{});
    return t;
  }
};

}  // namespace ttt::compiling
