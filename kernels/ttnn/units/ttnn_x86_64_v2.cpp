// The linked runtime's emulated Tensix core of the level x86_64_v2: a unit of its own, so that builds run in parallel.
#include <ttt/kernels/ttnn/x86_64_v2.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/tile_product_kernel.hpp>

#if defined(__x86_64__)

namespace ttt::kernels::ttnn {

TileProductFn x86_64_v2_tile_product() noexcept { return x86_64_v2::tile_product; }
const RowKernels& x86_64_v2_row_kernels() noexcept { return x86_64_v2::level_rows; }

}  // namespace ttt::kernels::ttnn

#endif
