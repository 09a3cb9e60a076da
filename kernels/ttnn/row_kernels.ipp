// Which kernels of rows a level has; the scalar ones are compiled here.
#pragma once

#include <ttt/kernels/ttnn/row_kernels.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/kernels/ttnn/avx2.hpp>
#include <ttt/kernels/ttnn/avx512.hpp>
#include <ttt/kernels/ttnn/x86_64_v2.hpp>
#endif

namespace ttt::kernels::ttnn::scalar {
#include <ttt/kernels/ttnn/body/rows.inc>
}  // namespace ttt::kernels::ttnn::scalar

namespace ttt::kernels::ttnn {

#if !defined(TTT_SEPARATE_COMPILATION) && defined(__x86_64__)
TTT_INLINE const RowKernels& x86_64_v2_row_kernels() noexcept { return x86_64_v2::level_rows; }
TTT_INLINE const RowKernels& avx2_row_kernels() noexcept { return avx2::level_rows; }
TTT_INLINE const RowKernels& avx512_row_kernels() noexcept { return avx512::level_rows; }
#endif

TTT_INLINE const RowKernels& row_kernels(Isa isa) noexcept {
  switch (isa) {
    case Isa::scalar:
      break;
#if defined(__x86_64__)
    case Isa::x86_64_v2:
      return x86_64_v2_row_kernels();
    case Isa::avx2:
      return avx2_row_kernels();
    case Isa::avx512:
    case Isa::avx512_vnni_bf16:
      return avx512_row_kernels();
#else
    default:
      break;
#endif
  }
  return scalar::level_rows;
}

}  // namespace ttt::kernels::ttnn
