// Fills a level's table from the level's kernels; the one list of what every table holds.
#pragma once

#include <utility>

#include <ttt/kernels/table.hpp>

namespace ttt::kernels {

/// What a table is made for. A linked program has everything; a header-only program names what its models use
/// and compiles only that (kernels/select_table.hpp). Indexes as in table.hpp.
struct KernelSelection {
  bool weights[weight_format_count] = {true, true, true, true, true, true};
  bool activations[activation_format_count] = {true, true, true};
  bool kv[kv_format_count] = {true, true, true, true};
  bool functions[activation_count] = {true, true, true, true, true, true};
};

/// `Level` offers embed, store, residual, activated, gated, qkv, code, append, attention and norm as templates over formats
/// (kernels/reference/table.hpp shows one).
template <class Level, KernelSelection S = KernelSelection{}>
class TableOf {
  template <int W, int A, int F>
  static constexpr void fill_activation(KernelTable& t) {
    if constexpr (S.functions[F]) {
      constexpr auto f = static_cast<Activation>(F);
      t.activated_fns[W][A][F] = Level::template activated<weight_formats[W], activation_formats[A], f>;
      t.gated_fns[W][A][F] = Level::template gated<weight_formats[W], activation_formats[A], f>;
    }
  }
  template <int W, int A, int... F>
  static constexpr void fill_activations(KernelTable& t, std::integer_sequence<int, F...>) {
    (fill_activation<W, A, F>(t), ...);
  }
  template <int W, int A>
  static constexpr void fill_product(KernelTable& t) {
    if constexpr (S.weights[W] && S.activations[A] && catalog::is_product(weight_formats[W], activation_formats[A])) {
      t.store_fns[W][A] = Level::template store<weight_formats[W], activation_formats[A]>;
      t.residual_fns[W][A] = Level::template residual<weight_formats[W], activation_formats[A]>;
      t.qkv_fns[W][A] = Level::template qkv<weight_formats[W], activation_formats[A]>;
      fill_activations<W, A>(t, std::make_integer_sequence<int, activation_count>{});
    }
  }
  template <int W, int... A>
  static constexpr void fill_weights(KernelTable& t, std::integer_sequence<int, A...>) {
    if constexpr (S.weights[W]) t.embed_fns[W] = Level::template embed<weight_formats[W]>;
    if constexpr (S.weights[W] && catalog::is_group_format(weight_formats[W]))
      t.code_fns[W] = Level::template code<weight_formats[W]>;
    (fill_product<W, A>(t), ...);
  }
  template <int... W>
  static constexpr void fill(KernelTable& t, std::integer_sequence<int, W...>) {
    (fill_weights<W>(t, std::make_integer_sequence<int, activation_format_count>{}), ...);
  }
  template <int K>
  static constexpr void fill_cache(KernelTable& t) {
    if constexpr (S.kv[K]) {
      t.append_fns[K] = Level::template append<kv_formats[K]>;
      t.attention_fns[K] = Level::template attention<kv_formats[K]>;
    }
  }
  template <int... K>
  static constexpr void fill_caches(KernelTable& t, std::integer_sequence<int, K...>) {
    (fill_cache<K>(t), ...);
  }

 public:
  static constexpr KernelTable make(Isa isa, bool has_bf16_dot) {
    KernelTable t{};
    t.isa = isa;
    t.name = name_of(isa);
    t.has_bf16_dot = has_bf16_dot;
    fill(t, std::make_integer_sequence<int, weight_format_count>{});
    fill_caches(t, std::make_integer_sequence<int, kv_format_count>{});
    t.norm = Level::norm;
    t.sampling = Level::sampling;
    return t;
  }
};

}  // namespace ttt::kernels
