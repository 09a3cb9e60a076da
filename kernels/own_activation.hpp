// A user's own activation function, composed into the kernels of every level in the user's translation unit:
//
//   struct Softsign { float operator()(float x) const { return x / (1 + std::fabs(x)); } };
//   const auto own = ttt::kernels::own_activation_kernels<Softsign>(isa);
//   own.gated(DType::bf16, DType::fp32)(args, part);
//
// Including this compiles the kernel bodies (some seconds); nothing of the library is edited.
#pragma once

#include <utility>

#include <ttt/kernels/own_activation_table.hpp>
#include <ttt/kernels/reference/table.hpp>

#if defined(__x86_64__)
#include <ttt/kernels/cpu/avx2.hpp>
#include <ttt/kernels/cpu/avx512.hpp>
#include <ttt/kernels/cpu/avx512_vnni_bf16.hpp>
#include <ttt/kernels/cpu/x86_64_v2.hpp>
#endif

namespace ttt::kernels {

/// Fills OwnActivationKernels from one level's `own_activated` and `own_gated`.
template <class Level, OwnActivation F>
class OwnTableOf {
  template <int W, int A>
  static constexpr void fill_product(OwnActivationKernels& t) {
    if constexpr (catalog::is_product(weight_formats[W], activation_formats[A])) {
      t.activated_fns[W][A] = Level::template own_activated<weight_formats[W], activation_formats[A], F>;
      t.gated_fns[W][A] = Level::template own_gated<weight_formats[W], activation_formats[A], F>;
    }
  }
  template <int W, int... A>
  static constexpr void fill(OwnActivationKernels& t, std::integer_sequence<int, A...>) {
    (fill_product<W, A>(t), ...);
  }
  template <int... W>
  static constexpr OwnActivationKernels fill_all(std::integer_sequence<int, W...>) {
    OwnActivationKernels t{};
    (fill<W>(t, std::make_integer_sequence<int, activation_format_count>{}), ...);
    return t;
  }

 public:
  static constexpr OwnActivationKernels value =
      fill_all(std::make_integer_sequence<int, weight_format_count>{});
};

/// The kernels of a user's activation at one level. All levels are compiled; the caller picks one the
/// processor has.
template <OwnActivation F>
[[nodiscard]] OwnActivationKernels own_activation_kernels(Isa isa) noexcept {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::x86_64_v2:
      return OwnTableOf<x86_64_v2::Level, F>::value;
    case Isa::avx2:
      return OwnTableOf<avx2::Level, F>::value;
    case Isa::avx512:
      return OwnTableOf<avx512::Level, F>::value;
    case Isa::avx512_vnni_bf16:
      return OwnTableOf<avx512_vnni_bf16::Level, F>::value;
#endif
    default:
      return OwnTableOf<reference::Level, F>::value;
  }
}

}  // namespace ttt::kernels
