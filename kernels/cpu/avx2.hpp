// The kernels of the level avx2: AVX2, FMA and F16C.
#pragma once

#include <ttt/kernels/cpu/region.hpp>

#if defined(__x86_64__)

#define TTT_KERNEL_LEVEL 2
#if defined(__clang__)
#pragma clang attribute push(                                                              \
    __attribute__((target("sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,fma,f16c,bmi,bmi2"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,fma,f16c,bmi,bmi2")
#endif

namespace ttt::kernels::avx2 {
#include <ttt/kernels/cpu/body/all.inc>
}  // namespace ttt::kernels::avx2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef TTT_KERNEL_LEVEL

#endif
