// The product of rows with tiles by instruction-set level.
#pragma once

#include <ttt/io/linkage.hpp>
#include <ttt/kernels/isa.hpp>
#include <ttt/kernels/ttnn/tile_product.hpp>

namespace ttt::kernels::ttnn {

using TileProductFn = void (*)(const TileProduct&) noexcept;

/// The fastest kernel of a level; all give the bits of the scalar one. Whether the processor can run it is
/// `isa_supported`.
[[nodiscard]] TTT_INLINE TileProductFn tile_product_kernel(Isa isa) noexcept;

#if defined(__x86_64__)
/// One level's kernel; each is compiled in its own translation unit of the linked runtime.
[[nodiscard]] TTT_INLINE TileProductFn x86_64_v2_tile_product() noexcept;
[[nodiscard]] TTT_INLINE TileProductFn avx2_tile_product() noexcept;
[[nodiscard]] TTT_INLINE TileProductFn avx512_tile_product() noexcept;
#endif

}  // namespace ttt::kernels::ttnn
