// Fills a level's table from the level's kernels; the one list of what every table holds.
#pragma once

#include <utility>

#include <ttt/kernels/table.hpp>

namespace ttt::kernels {

/// `Level` offers embed, store, residual, activated, gated, qkv, attention and norm as templates over formats
/// (kernels/reference/table.hpp shows one).
template <class Level>
class TableOf {
  template <int W, int A, int... F>
  static constexpr void fill_activations(KernelTable& t, std::integer_sequence<int, F...>) {
    ((t.activated_fns[W][A][F] = Level::template activated<weight_formats[W], activation_formats[A], static_cast<Activation>(F)>,
      t.gated_fns[W][A][F] = Level::template gated<weight_formats[W], activation_formats[A], static_cast<Activation>(F)>),
     ...);
  }
  template <int W, int A, int... K>
  static constexpr void fill_qkv(KernelTable& t, std::integer_sequence<int, K...>) {
    ((t.qkv_fns[W][A][K] = Level::template qkv<weight_formats[W], activation_formats[A], kv_formats[K]>), ...);
  }
  template <int W, int A>
  static constexpr void fill_product(KernelTable& t) {
    t.store_fns[W][A] = Level::template store<weight_formats[W], activation_formats[A]>;
    t.residual_fns[W][A] = Level::template residual<weight_formats[W], activation_formats[A]>;
    fill_activations<W, A>(t, std::make_integer_sequence<int, activation_count>{});
    fill_qkv<W, A>(t, std::make_integer_sequence<int, kv_format_count>{});
  }
  template <int W, int... A>
  static constexpr void fill_weights(KernelTable& t, std::integer_sequence<int, A...>) {
    t.embed_fns[W] = Level::template embed<weight_formats[W]>;
    (fill_product<W, A>(t), ...);
  }
  template <int... W>
  static constexpr void fill(KernelTable& t, std::integer_sequence<int, W...>) {
    (fill_weights<W>(t, std::make_integer_sequence<int, activation_format_count>{}), ...);
  }
  template <int... K>
  static constexpr void fill_attention(KernelTable& t, std::integer_sequence<int, K...>) {
    ((t.attention_fns[K] = Level::template attention<kv_formats[K]>), ...);
  }

 public:
  static constexpr KernelTable make(Isa isa, bool has_bf16_dot) {
    KernelTable t{};
    t.isa = isa;
    t.name = name_of(isa);
    t.has_bf16_dot = has_bf16_dot;
    fill(t, std::make_integer_sequence<int, weight_format_count>{});
    fill_attention(t, std::make_integer_sequence<int, kv_format_count>{});
    t.norm = Level::norm;
    return t;
  }
};

}  // namespace ttt::kernels
