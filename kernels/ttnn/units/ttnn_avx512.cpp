// The linked runtime's emulated Tensix core of the level avx512: a unit of its own, so that builds run in parallel.
#include <ttt/kernels/ttnn/avx512.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>

#if defined(__x86_64__)

namespace ttt::kernels::ttnn {

TileProductFn avx512_tile_product() noexcept { return avx512::tile_product; }
const RowKernels& avx512_row_kernels() noexcept { return avx512::level_rows; }

}  // namespace ttt::kernels::ttnn

#endif
