// The table of the level avx2.
#pragma once

#include <ttt/kernels/cpu/avx2.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

TTT_INLINE const KernelTable* avx2_kernels() noexcept {
  static constexpr KernelTable table = TableOf<avx2::Level>::make(Isa::avx2, avx2::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
