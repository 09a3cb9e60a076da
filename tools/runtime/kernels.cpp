// The linked library's part: the reference kernels and the choice of an ISA level; kernels/cpu/units holds the levels.
#include <ttt/kernels/kernels.ipp>
#include <ttt/kernels/ttnn/engine.ipp>
#include <ttt/kernels/ttnn/row_kernels.ipp>
#include <ttt/kernels/ttnn/tile_product_kernel.ipp>
