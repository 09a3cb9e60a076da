// Which kernel a level has. The linked runtime defines the levels' own in kernels/ttnn/units.
#pragma once

#include <ttt/kernels/ttnn/tile_product_kernel.hpp>

#if !defined(TTT_SEPARATE_COMPILATION)
#include <ttt/kernels/ttnn/avx2.hpp>
#include <ttt/kernels/ttnn/avx512.hpp>
#include <ttt/kernels/ttnn/x86_64_v2.hpp>
#endif

namespace ttt::kernels::ttnn {

#if !defined(TTT_SEPARATE_COMPILATION) && defined(__x86_64__)
TTT_INLINE TileProductFn x86_64_v2_tile_product() noexcept { return x86_64_v2::tile_product; }
TTT_INLINE TileProductFn avx2_tile_product() noexcept { return avx2::tile_product; }
TTT_INLINE TileProductFn avx512_tile_product() noexcept { return avx512::tile_product; }
#endif

TTT_INLINE TileProductFn tile_product_kernel(Isa isa) noexcept {
  switch (isa) {
    case Isa::scalar:
      break;
#if defined(__x86_64__)
    case Isa::x86_64_v2:
      return x86_64_v2_tile_product();
    case Isa::avx2:
      return avx2_tile_product();
    case Isa::avx512:
    case Isa::avx512_vnni_bf16:
      return avx512_tile_product();
#else
    default:
      break;
#endif
  }
  return [](const TileProduct& p) noexcept { reference_tile_product(p); };
}

}  // namespace ttt::kernels::ttnn
