// The table of the level avx512_vnni_bf16.
#pragma once

#include <ttt/kernels/cpu/avx512_vnni_bf16.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

TTT_INLINE const KernelTable* avx512_vnni_bf16_kernels() noexcept {
  static constexpr KernelTable table =
      TableOf<avx512_vnni_bf16::Level>::make(Isa::avx512_vnni_bf16, avx512_vnni_bf16::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
