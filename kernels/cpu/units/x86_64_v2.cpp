// The linked runtime's kernels of the level x86_64_v2: a unit of their own, so that builds run in parallel.
#include <ttt/kernels/cpu/x86_64_v2.hpp>

#if defined(__x86_64__)

namespace ttt::kernels {

const KernelTable* x86_64_v2_kernels() noexcept {
  static constexpr KernelTable table =
      TableOf<x86_64_v2::Level>::make(Isa::x86_64_v2, x86_64_v2::has_bf16_dot);
  return &table;
}

}  // namespace ttt::kernels

#endif
