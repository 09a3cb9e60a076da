// The linked runtime's kernels of the level avx2: a unit of their own, so that builds run in parallel.
#include <ttt/kernels/cpu/avx2.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

const KernelTable* avx2_kernels() noexcept {
  static constexpr KernelTable table = TableOf<avx2::Level>::make(Isa::avx2, avx2::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
