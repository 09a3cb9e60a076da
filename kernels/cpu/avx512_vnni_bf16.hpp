// The kernels of the level avx512_vnni_bf16: AVX-512 with VNNI and the bf16 dot product.
#pragma once

#include <ttt/kernels/cpu/region.hpp>

#if defined(__x86_64__)

#define TTT_KERNEL_LEVEL 4
#if defined(__clang__)
#pragma clang attribute push(                                                                                                     \
    __attribute__((target(                                                                                                        \
        "sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target( \
    "sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16")
#endif

namespace ttt::kernels::avx512_vnni_bf16 {
#include <ttt/kernels/cpu/body/all.inc>
}  // namespace ttt::kernels::avx512_vnni_bf16

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef TTT_KERNEL_LEVEL

#endif
