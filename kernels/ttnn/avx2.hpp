// The emulated Tensix core's kernels of the level avx2.
#pragma once

#include <ttt/kernels/cpu/region.hpp>
#include <ttt/kernels/ttnn/row_kernels.hpp>
#include <ttt/kernels/ttnn/tile_product.hpp>

#if defined(__x86_64__)

#define TTT_KERNEL_LEVEL 2
#if defined(__clang__)
#pragma clang attribute push(                                                    \
    __attribute__((target("sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,fma,f16c,bmi,bmi2"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,fma,f16c,bmi,bmi2")
#endif

namespace ttt::kernels::ttnn::avx2 {
#include <ttt/kernels/cpu/body/vector.inc>
//
#include <ttt/kernels/ttnn/body/tile_product.inc>
//
#include <ttt/kernels/ttnn/body/rows.inc>
}  // namespace ttt::kernels::ttnn::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef TTT_KERNEL_LEVEL

#endif
