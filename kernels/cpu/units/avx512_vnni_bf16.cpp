// The linked runtime's kernels of the level avx512_vnni_bf16: a unit of their own, so that builds run in parallel.
#include <ttt/kernels/cpu/avx512_vnni_bf16.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

const KernelTable* avx512_vnni_bf16_kernels() noexcept {
  static constexpr KernelTable table =
      TableOf<avx512_vnni_bf16::Level>::make(Isa::avx512_vnni_bf16, avx512_vnni_bf16::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
