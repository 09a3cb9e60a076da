// A weight format of a user's own, composed into the kernels of every level in the user's translation unit:
//
//   struct Int5 : ttt::BlockFormat<5, 64> { static constexpr std::string_view name = "int5"; };
//   inline constexpr Int5 int5;
//   constexpr auto small = tune<"model", Policy<Weights<int5>>>(model);
//
// Including this compiles the kernel bodies (some seconds for each format); nothing of the library is edited.
// Header-only programs have it already.
#pragma once

#include <utility>

#include <ttt/kernels/own_format_table.hpp>
#include <ttt/kernels/reference/table.hpp>

#if defined(__x86_64__)
#include <ttt/kernels/cpu/avx2.hpp>
#include <ttt/kernels/cpu/avx512.hpp>
#include <ttt/kernels/cpu/avx512_vnni_bf16.hpp>
#include <ttt/kernels/cpu/x86_64_v2.hpp>
#endif

namespace ttt::kernels {

/// Fills OwnFormatKernels from one level's kernels.
template <class Level, OwnBlockFormat F>
class OwnFormatTable {
  static constexpr F format{};
  /// Formats that choose scales themselves, and those of many values, are coded one output at a time.
  static constexpr bool by_reference = types::ChoosesScale<F> || (types::HasValues<F> && F::bits > 5);

  template <int A, int... I>
  static constexpr void fill_activations(OwnFormatKernels& t, std::integer_sequence<int, I...>) {
    ((t.activated[A][I] = Level::template activated<format, activation_formats[A], static_cast<Activation>(I)>), ...);
    ((t.gated[A][I] = Level::template gated<format, activation_formats[A], static_cast<Activation>(I)>), ...);
  }
  template <int... A>
  static constexpr void fill(OwnFormatKernels& t, std::integer_sequence<int, A...>) {
    ((t.store[A] = Level::template store<format, activation_formats[A]>), ...);
    ((t.residual[A] = Level::template residual<format, activation_formats[A]>), ...);
    (fill_activations<A>(t, std::make_integer_sequence<int, activation_count>{}), ...);
    ((t.qkv[A] = Level::template qkv<format, activation_formats[A]>), ...);
  }

 public:
  static constexpr OwnFormatKernels value = [] {
    OwnFormatKernels t{};
    t.embed = Level::template embed<format>;
    if constexpr (by_reference)
      t.code = &reference::code<F>;
    else
      t.code = Level::template code<format>;
    fill(t, std::make_integer_sequence<int, OwnFormatKernels::operands>{});
    t.fetch_row = [](const Packed& packed, std::int64_t row, float* y) noexcept {
      for (int k = 0; k < packed.k; ++k) y[k] = reference::Weights<format>::at(packed, row, k);
    };
    return t;
  }();
};

template <OwnBlockFormat F>
const OwnFormatKernels* kernels_of_format(Isa isa) noexcept {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::x86_64_v2:
      return &OwnFormatTable<x86_64_v2::Level, F>::value;
    case Isa::avx2:
      return &OwnFormatTable<avx2::Level, F>::value;
    case Isa::avx512:
      return &OwnFormatTable<avx512::Level, F>::value;
    case Isa::avx512_vnni_bf16:
      return &OwnFormatTable<avx512_vnni_bf16::Level, F>::value;
#endif
    default:
      return &OwnFormatTable<reference::Level, F>::value;
  }
}

}  // namespace ttt::kernels
