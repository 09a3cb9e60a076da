// The kernels of the level x86_64_v2: SSE4.2: every x86-64 processor since 2009.
#pragma once

#include <ttt/kernels/cpu/region.hpp>

#if defined(__x86_64__)

#define TTT_KERNEL_LEVEL 1
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sse3,ssse3,sse4.1,sse4.2,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sse3,ssse3,sse4.1,sse4.2,popcnt")
#endif

namespace ttt::kernels::x86_64_v2 {
#include <ttt/kernels/cpu/body/all.inc>
}  // namespace ttt::kernels::x86_64_v2

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef TTT_KERNEL_LEVEL

#endif
