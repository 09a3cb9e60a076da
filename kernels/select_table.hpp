// Tables of a header-only program: every level, but only the formats and activations it names. Entries outside the
// selection are null, and the engine refuses them (`kernel_not_linked`).
#pragma once

#include <ttt/kernels/fill_table.hpp>
#include <ttt/kernels/reference/table.hpp>
#include <ttt/kernels/table.hpp>

#if defined(__x86_64__)
#include <ttt/kernels/cpu/avx2.hpp>
#include <ttt/kernels/cpu/avx512.hpp>
#include <ttt/kernels/cpu/avx512_vnni_bf16.hpp>
#include <ttt/kernels/cpu/x86_64_v2.hpp>
#endif

namespace ttt::kernels {

/// What most checkpoints need: bf16 weights, exact or bf16 operands, SiLU. A header-only program's default.
inline constexpr KernelSelection bf16_with_silu{
    {false, false, true, false, false, false}, {true, true, true}, {true, true, false, false},
    {true, false, false, false, false, false}};

/// One more format, of weights and of keys and values; or one more activation.
constexpr KernelSelection also(KernelSelection s, DType format) {
  if (weight_index(format) >= 0) s.weights[weight_index(format)] = true;
  if (kv_index(format) >= 0) s.kv[kv_index(format)] = true;
  return s;
}
constexpr KernelSelection also(KernelSelection s, Activation f) {
  if (f != Activation::own) s.functions[static_cast<int>(f)] = true;
  return s;
}

template <class Level, Isa I, bool HasDot, KernelSelection S>
inline constexpr KernelTable level_table = TableOf<Level, S>::make(I, HasDot);

/// The table of a level for a selection; null where this architecture has no such level. The caller asks for
/// a level the processor has.
template <KernelSelection S>
[[nodiscard]] const KernelTable* selected_table(Isa isa) noexcept {
  switch (isa) {
    case Isa::scalar:
      return &level_table<reference::Level, Isa::scalar, false, S>;
#if defined(__x86_64__)
    case Isa::x86_64_v2:
      return &level_table<x86_64_v2::Level, Isa::x86_64_v2, x86_64_v2::has_bf16_dot, S>;
    case Isa::avx2:
      return &level_table<avx2::Level, Isa::avx2, avx2::has_bf16_dot, S>;
    case Isa::avx512:
      return &level_table<avx512::Level, Isa::avx512, avx512::has_bf16_dot, S>;
    case Isa::avx512_vnni_bf16:
      return &level_table<avx512_vnni_bf16::Level, Isa::avx512_vnni_bf16, avx512_vnni_bf16::has_bf16_dot, S>;
#else
    default:
      break;
#endif
  }
  return nullptr;
}

/// `bf16_with_silu` and what is named.
template <auto... More>
inline constexpr KernelSelection selection = [] {
  KernelSelection s = bf16_with_silu;
  ((s = also(s, More)), ...);
  return s;
}();

}  // namespace ttt::kernels
