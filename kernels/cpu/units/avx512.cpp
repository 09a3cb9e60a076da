// The linked runtime's kernels of the level avx512: a unit of their own, so that builds run in parallel.
#include <ttt/kernels/cpu/avx512.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

const KernelTable* avx512_kernels() noexcept {
  static constexpr KernelTable table = TableOf<avx512::Level>::make(Isa::avx512, avx512::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
