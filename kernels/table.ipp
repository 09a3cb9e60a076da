// The scalar table, and which table a level has. The other levels' tables are defined in
// kernels/cpu/<level>.hpp, each in its own translation unit of the linked runtime.
#pragma once

#include <ttt/kernels/fill_table.hpp>
#include <ttt/kernels/reference/table.hpp>
#include <ttt/kernels/table.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/kernels/select_table.hpp>
#endif

namespace ttt::kernels {

#if defined(TTT_SEPARATE_COMPILATION)
TTT_INLINE const KernelTable* scalar_kernels() noexcept {
  static constexpr KernelTable table = TableOf<reference::Level>::make(Isa::scalar, false);
  return &table;
}

TTT_INLINE const KernelTable* kernel_table(Isa isa) noexcept {
  switch (isa) {
    case Isa::scalar:
      return scalar_kernels();
#if defined(__x86_64__)
    case Isa::x86_64_v2:
      return x86_64_v2_kernels();
    case Isa::avx2:
      return avx2_kernels();
    case Isa::avx512:
      return avx512_kernels();
    case Isa::avx512_vnni_bf16:
      return avx512_vnni_bf16_kernels();
#else
    default:
      break;
#endif
  }
  return nullptr;
}

TTT_INLINE const KernelTable* default_kernels(Isa isa) noexcept { return kernel_table(isa); }
#else
TTT_INLINE const KernelTable* default_kernels(Isa isa) noexcept { return selected_table<bf16_with_silu>(isa); }
#endif

}  // namespace ttt::kernels
