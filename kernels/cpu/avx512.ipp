// The table of the level avx512.
#pragma once

#include <ttt/kernels/cpu/avx512.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

TTT_INLINE const KernelTable* avx512_kernels() noexcept {
  static constexpr KernelTable table = TableOf<avx512::Level>::make(Isa::avx512, avx512::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
