// The linked runtime's emulated Tensix core of the level avx2: a unit of its own, so that builds run in parallel.
#include <ttt/kernels/ttnn/avx2.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>

#if defined(__x86_64__)

namespace ttt::kernels::ttnn {

TileProductFn avx2_tile_product() noexcept { return avx2::tile_product; }
const RowKernels& avx2_row_kernels() noexcept { return avx2::level_rows; }

}  // namespace ttt::kernels::ttnn

#endif
